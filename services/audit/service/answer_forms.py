"""Answering a survey by a form: opened by a link, saved as a draft, submitted once."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import files as file_rules
from services.audit.domain import posted_answers
from services.audit.domain.answers import Answers, fingerprint
from services.audit.domain.posted_answers import Faults, Posted
from services.audit.domain.questionnaires import Questionnaire
from services.audit.models import SurveyLink, SurveySubmission
from services.audit.repository import files as files_repository
from services.audit.repository import survey_answers as answers_repository
from services.audit.repository import survey_links as repository
from services.audit.repository.files import Owner
from services.audit.schemas.files import FileWithdrawal
from services.audit.service import files, responses, survey_links
from services.audit.service.files import Upload
from services.audit.service.responses import ResponseSheet
from services.audit.service.survey_links import OpenedLink
from services.audit.settings import AuditSettings
from shared.errors import Conflict, Invalid, Unsupported
from shared.storage import Storage
from shared.web.etags import Expected

LET_GO = FileWithdrawal(reason="Replaced or removed in the form.")
ANY_VERSION = Expected(None)


@dataclass(frozen=True, slots=True)
class Form:
    """A response as its form shows it: what was entered, which may not be what is kept."""

    link: SurveyLink
    sheet: ResponseSheet
    supplier_name: str
    file_names: Mapping[str, str]
    """File's id -> its name, of those that answers may name."""
    answers: Answers = field(default_factory=dict)
    posted: Posted = field(default_factory=dict)
    faults: Faults = field(default_factory=dict)
    is_stale: bool = False
    theirs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Question's code -> what somebody else saved meanwhile, where it differs."""


class ChosenFile(Protocol):
    """A file as a browser sends it."""

    filename: str | None

    async def read(self, size: int = -1) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """What became of the files that were sent along: uploads, and questions whose file was not taken."""

    uploads: Mapping[str, Upload]
    refused: Sequence[str]


async def open_form(session: AsyncSession, settings: AuditSettings, token: str, now: datetime) -> Form:
    """The form with the answers that are kept; errors as `survey_links.open_link` has them."""
    return await _shown(session, await survey_links.open_link(session, settings, token, now))


async def receive_files(store: Storage, chosen: Mapping[str, ChosenFile]) -> Chosen:
    """Have the store keep files, question's code -> file; to be called outside of any transaction."""
    uploads: dict[str, Upload] = {}
    refused: list[str] = []
    for code, file in chosen.items():
        name = file.filename or ""
        # By the name's ending: what browsers say depends on what is installed beside them. The content is checked.
        media_type = next((kind for kind, ends in file_rules.ENDINGS.items() if name.lower().endswith(ends)), None)
        try:
            uploads[code] = await files.receive(store, name, media_type, _pieces(file))
        except (Invalid, Unsupported):
            refused.append(code)
    return Chosen(uploads, refused)


async def save_form(
    session: AsyncSession,
    settings: AuditSettings,
    token: str,
    now: datetime,
    posted: Posted,
    based_on: str,
    chosen: Chosen,
) -> tuple[Form, bool]:
    """Keep what was posted as the draft; the form, and whether it was kept.

    It is not kept where an answer has a fault, or where others are kept than those of the fingerprint `based_on`. Files
    that it no longer names are withdrawn.
    """
    opened = await survey_links.open_link(session, settings, token, now, lock=True)
    questionnaire = opened.sheet.questionnaire
    entered, faults = await _with_files(session, opened, dict(posted), chosen)
    answers, wrong = posted_answers.read(questionnaire, entered)
    for code, found in faults.items():
        wrong.setdefault(code, []).extend(found)
    form = replace(await _shown(session, opened), posted=entered, answers=answers, faults=wrong)
    response = opened.sheet.response
    kept = posted_answers.fields(questionnaire, response.answers)
    if fingerprint(response.answers) != based_on and response.answers != answers:
        return replace(form, is_stale=True, theirs=_differences(form, kept, entered)), False
    if wrong:
        return form, False
    let_go = {*_files_named(questionnaire, kept), *_files_named(questionnaire, posted)} - {
        *_files_named(questionnaire, entered)
    }
    await responses.save_answers(session, opened.actor, response, questionnaire, answers)
    await _withdraw(session, opened, let_go)
    return form, True


async def submit_form(
    session: AsyncSession, settings: AuditSettings, token: str, now: datetime, based_on: str
) -> tuple[Form, SurveySubmission | None]:
    """Submit the draft, which uses the link up; None where it is not the one of the fingerprint `based_on`."""
    opened = await survey_links.open_link(session, settings, token, now, lock=True)
    form = await _shown(session, opened)
    if fingerprint(opened.sheet.response.answers) != based_on:
        return replace(form, is_stale=True), None
    submission = await responses.submit_response(
        session, opened.actor, opened.sheet.response, opened.sheet.questionnaire
    )
    await survey_links.end_links_of(session, opened.actor, opened.sheet.response, now)
    return form, submission


async def _shown(session: AsyncSession, opened: OpenedLink) -> Form:
    response, questionnaire = opened.sheet.response, opened.sheet.questionnaire
    held = await repository.list_live_files(session, response.id)
    return Form(
        link=opened.link,
        sheet=opened.sheet,
        supplier_name=await repository.get_supplier_name(session, response.supplier_id),
        file_names={str(file.id): file.name for file in held},
        answers=response.answers,
        posted=posted_answers.fields(questionnaire, response.answers),
    )


async def _with_files(
    session: AsyncSession, opened: OpenedLink, entered: dict[str, Sequence[str]], chosen: Chosen
) -> tuple[dict[str, Sequence[str]], dict[str, list[tuple[str, str]]]]:
    """What was entered, with the files that came along in place of those before; and which were not taken."""
    asked = {question.code for question in opened.sheet.questionnaire.questions if question.kind == "file"}
    faults = {code: [("value", "file_refused")] for code in chosen.refused if code in asked}
    owner = Owner(response_id=opened.sheet.response.id)
    for code in asked:
        if entered.get(f"drop.{code}"):
            entered.pop(posted_answers.VALUE + code, None)
        if code in chosen.uploads:
            try:
                file, _ = await files.keep_file(session, opened.actor, owner, chosen.uploads[code])
            except Conflict:
                faults[code] = [("value", "too_many_files")]
            else:
                entered[posted_answers.VALUE + code] = [str(file.id)]
    live = {str(file_id) for file_id in await files_repository.list_live_ids(session, opened.sheet.response.id)}
    for code in asked:
        if not set(entered.get(posted_answers.VALUE + code, ())) <= live | {""}:
            entered.pop(posted_answers.VALUE + code)
            faults[code] = [("value", "file_unknown")]
    return entered, faults


def _files_named(questionnaire: Questionnaire, posted: Posted) -> Iterator[str]:
    """The ids of files that stand in these fields."""
    for question in questionnaire.questions:
        if question.kind == "file":
            yield from posted.get(posted_answers.VALUE + question.code, ())


async def _withdraw(session: AsyncSession, opened: OpenedLink, file_ids: Collection[str]) -> None:
    """Withdraw the response's files among these, but for those that were submitted once: they show what was told."""
    response_id = opened.sheet.response.id
    if not file_ids:
        return
    live = await files_repository.list_live_ids(session, response_id)
    submitted = await answers_repository.list_submitted_answers(session, response_id)
    told = {
        file_id
        for answers in submitted
        for file_id in _files_named(
            opened.sheet.questionnaire, posted_answers.fields(opened.sheet.questionnaire, answers)
        )
    }
    for file_id in sorted(live):
        if str(file_id) in file_ids and str(file_id) not in told:
            await files.withdraw_file(
                session, opened.actor, Owner(response_id=response_id), file_id, ANY_VERSION, LET_GO
            )


def _differences(form: Form, kept: Posted, entered: Posted) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for question in form.sheet.questionnaire.questions:
        names = [f"{part}{question.code}" for part in (posted_answers.VALUE, posted_answers.COMMENT)]
        not_applicable = posted_answers.NOT_APPLICABLE + question.code
        theirs = [value for name in names for value in kept.get(name, ()) if value]
        ours = [value for name in names for value in entered.get(name, ()) if value]
        flagged = bool(kept.get(not_applicable))
        if theirs != ours or flagged != bool(entered.get(not_applicable)):
            found[question.code] = [*([posted_answers.NOT_APPLICABLE] if flagged else []), *theirs]
    return found


async def _pieces(file: ChosenFile) -> AsyncIterator[bytes]:
    while piece := await file.read(64 * 1024):
        yield piece
