"""`/answer`: the form by which suppliers answer in a browser. Pages for people, not part of the API.

The token of the link is all the authority there is. There are no cookies, so another site has nothing to abuse and
no further protection against forged requests is needed.
"""

from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from services.audit.domain.files import ENDINGS
from services.audit.endpoints.file_transfer import OpenedWithFiles
from services.audit.endpoints.pages import PAGES
from services.audit.endpoints.pages.form_view import category_titles, form_view, words_of_title
from services.audit.models import SurveySubmission
from services.audit.service import answer_forms, survey_links
from services.audit.service.answer_forms import Form
from shared.languages import Language, preferred
from shared.web.html.pages import PRIVATE
from shared.web.html.route import page_router
from shared.web.transaction import Reading

MOST_FIELDS = 10_000
LARGEST_FIELD = 64 * 1024
FILE = "file."
FILES_PATH = "/answer/files"
"""Where forms with files are posted: bodies may be larger there."""

router = page_router(PAGES)


class Posted(NamedTuple):
    """What a browser sent."""

    token: str
    language: Language
    based_on: str
    action: str
    fields: dict[str, list[str]]
    files: dict[str, UploadFile]


@router.get("/answer")
async def show_form(request: Request, session: Reading, resources: OpenedWithFiles) -> Response:
    """The form with the answers that are kept, or what is about to be submitted."""
    token = request.query_params.get("token", "")
    language = preferred(request.query_params.get("lang"), request.headers.get("accept-language"))
    form = await answer_forms.open_form(session, survey_links.settings_of(resources), token, datetime.now(UTC))
    if request.query_params.get("step") == "review":
        return _form_page("review", request, token, form, language)
    return _form_page("form", request, token, form, language, was_saved="saved" in request.query_params)


@router.post("/answer")
@router.post(FILES_PATH)
async def take_form(request: Request, resources: OpenedWithFiles) -> Response:
    """Save the draft, or submit what was saved."""
    settings, now = survey_links.settings_of(resources), datetime.now(UTC)
    async with request.form(max_files=1000, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD) as data:
        posted = _read(request, data)
        if posted.files:
            # Before anything is stored for somebody who may not.
            async with resources.database.snapshot() as reading:
                await answer_forms.open_form(reading, settings, posted.token, now)
        chosen = await answer_forms.receive_files(resources.files, posted.files)
    submission: SurveySubmission | None = None
    async with resources.database.sessions() as session:
        if posted.action == "confirm":
            form, submission = await answer_forms.submit_form(session, settings, posted.token, now, posted.based_on)
        else:
            form, was_kept = await answer_forms.save_form(
                session, settings, posted.token, now, posted.fields, posted.based_on, chosen
            )
        await session.commit()
        resources.ring(changed=session.info.get("rings", False), work=session.info.get("work", False))
    if posted.action == "confirm":
        if submission is None:
            return _form_page("review", request, posted.token, form, posted.language, status=409)
        return _receipt(form, submission, posted.language)
    if not was_kept:
        status = 409 if form.is_stale else 422
        return _form_page("form", request, posted.token, form, posted.language, status=status)
    step = {"step": "review"} if posted.action == "review" else {"saved": "1"}
    address = _address(request, posted.token, posted.language, **step)
    # The browser's address for the answer to this; a reload then posts nothing again.
    return RedirectResponse(address, 303, PRIVATE)


def _read(request: Request, data: FormData) -> Posted:
    fields: dict[str, list[str]] = {}
    files: dict[str, UploadFile] = {}
    for name, value in data.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
        elif name.startswith(FILE) and value.filename:
            files[name.removeprefix(FILE)] = value

    def first(name: str) -> str:
        return fields.get(name, [""])[0]

    return Posted(
        token=first("token") or request.query_params.get("token", ""),
        language=preferred(first("lang"), request.headers.get("accept-language")),
        based_on=first("based_on"),
        action=first("action"),
        fields=fields,
        files=files,
    )


def _form_page(
    name: str,
    request: Request,
    token: str,
    form: Form,
    language: Language,
    *,
    status: int = 200,
    was_saved: bool = False,
) -> Response:
    def address(other: Language) -> str:
        return _address(request, token, other)

    return PAGES.page(
        name,
        language,
        status,
        form=form_view(form, language, was_saved=was_saved),
        token=token,
        address=address,
        up=_up(request),
        endings=",".join(ending for endings in ENDINGS.values() for ending in endings),
    )


def _receipt(form: Form, submission: SurveySubmission, language: Language) -> Response:
    titles = category_titles(form, language)
    receipt = {
        "title": words_of_title(form, language),
        "supplier_name": form.supplier_name,
        "submitted_on": submission.submitted_at.date().isoformat(),
        "scores": [(titles[category], score) for category, score in submission.scores.items()],
    }
    return PAGES.page("receipt", language, receipt=receipt)


def _address(request: Request, token: str, language: Language, **more: str) -> str:
    """The form's address relative to the request's own: the door's path before it is not known here."""
    return f"{_up(request)}answer?{urlencode({'token': token, 'lang': language, **more})}"


def _up(request: Request) -> str:
    return "../" if request.url.path.endswith(FILES_PATH) else ""
