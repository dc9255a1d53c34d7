"""`/v1/qbrs/{quarter}/report`: the pack for sales management."""

import asyncio
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from pydantic import BeforeValidator

from services.scoring.models.reviews import Qbr
from services.scoring.repository import reviews as repository
from services.scoring.schemas.performance import QuarterName
from services.scoring.schemas.reports import ReportView
from services.scoring.service.report import as_html, as_workbook, making
from services.scoring.service.report.document import write_document
from services.scoring.service.report.reading import check_computed, check_fits, read_pack
from shared.auth.principal import Principal
from shared.languages import DEFAULT, Language, language_of
from shared.web.accepting import preferred_type
from shared.web.caller import Opened, scoped
from shared.web.etags import answer_conditionally, etag_of
from shared.web.rendering import json_response
from shared.web.resources import Resources
from shared.web.route import new_router

router = new_router("/v1/qbrs", "quarterly business reviews")

PDF = "application/pdf"
ENDINGS = {as_html.MEDIA_TYPE: "html", PDF: "pdf", as_workbook.MEDIA_TYPE: "xlsx"}
"""What the report is to be had as; the first is what those get who have no preference."""
RETRY_AFTER_SECONDS = 3

AnyLanguage = Annotated[Language, BeforeValidator(lambda tag: language_of(tag) or tag)]
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report, in the preferred of these media types",
        "content": {
            as_html.MEDIA_TYPE: {"schema": {"type": "string"}},
            PDF: {"schema": {"type": "string", "format": "binary"}},
            as_workbook.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}},
        },
    },
    202: {"model": ReportView, "description": "The PDF is being made: ask again after `Retry-After` seconds"},
}


@router.get("/{quarter}/report", response_class=Response, responses=RESPONSES)
async def get_qbr_report(
    quarter: Annotated[QuarterName, Path()],
    request: Request,
    resources: Opened,
    caller: Annotated[Principal, scoped("scoring:read")],
    revision: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="This revision instead of the latest")
    ] = None,
    language: Annotated[AnyLanguage, Query(description="en, zh-Hans or zh-Hant; also as zh-CN, zh-TW ...")] = DEFAULT,
) -> Response:
    """Read the pack for sales management: HTML, PDF or XLSX by `Accept`; a draft says so on every page.

    A PDF is made once for each version and language: the first answer is 202, with `Location` and `Retry-After`.
    """
    caller.refuse_bound("review")
    media_type = preferred_type(request, tuple(ENDINGS))
    async with resources.database.snapshot() as session:
        qbr = await repository.get_revision(session, quarter, revision)
        check_computed(qbr)
        headers = _headers(qbr, media_type, language)
        held = Response(headers=headers)
        if (unchanged := answer_conditionally(request, held)) is not held:
            return unchanged
        if media_type == PDF:
            report = await making.find_pdf(session, qbr, language)
            if report is not None and report.content is not None:
                return Response(report.content, headers=headers, media_type=PDF)
        else:
            if media_type == as_html.MEDIA_TYPE:
                check_fits(qbr, as_html.MOST_SUPPLIERS)
            pack = await read_pack(session, qbr)
    if media_type == PDF:
        return await _have_made(resources, qbr, language)
    if media_type == as_workbook.MEDIA_TYPE:
        return Response(
            await asyncio.to_thread(as_workbook.write_workbook, pack, language), headers=headers, media_type=media_type
        )
    page = await asyncio.to_thread(lambda: as_html.write_html(write_document(pack, language)))
    headers |= {"Content-Security-Policy": page.content_security_policy, "X-Frame-Options": "DENY"}
    return Response(page.content, headers=headers, media_type=media_type)


async def _have_made(resources: Resources, qbr: Qbr, language: Language) -> Response:
    """Put the PDF in line, unless it is there already; the caller is to come again."""
    async with resources.database.transaction() as session:
        await making.request_pdf(session, qbr, language)
    resources.ring(changed=False, work=True)
    location = f"/v1/qbrs/{qbr.quarter}/report?revision={qbr.revision}&language={language}"
    view = ReportView(quarter=qbr.quarter, revision=qbr.revision, language=language, status="queued")
    return json_response(view.model_dump(), 202, {"Location": location, "Retry-After": str(RETRY_AFTER_SECONDS)})


def _headers(qbr: Qbr, media_type: str, language: Language) -> dict[str, str]:
    draft = "-draft" if qbr.status == "draft" else ""
    ending = ENDINGS[media_type]
    way = "attachment" if media_type == as_workbook.MEDIA_TYPE else "inline"
    return {
        "ETag": etag_of(qbr.version, ending, language),
        "Content-Language": language,
        "Content-Disposition": f'{way}; filename="qbr-{qbr.quarter}-r{qbr.revision}{draft}-{language}.{ending}"',
    }
