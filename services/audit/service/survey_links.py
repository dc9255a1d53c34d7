"""Links by which suppliers answer without an account: made, sent again, opened, ended."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, cast
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import survey_tokens
from services.audit.domain.survey_tokens import Token
from services.audit.models import Survey, SurveyLink, SurveyResponse
from services.audit.repository import survey_links as repository
from services.audit.service import responses
from services.audit.service.responses import ResponseSheet
from services.audit.settings import AuditSettings
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Forbidden, Gone, Invalid, NotFound
from shared.ids import new_id
from shared.journal import Change
from shared.web.resources import Resources

PATH = "/audit/answer"
"""Where the form is behind the door."""

DAYS_PAST_DUE = 14
MOST_DAYS = 400
STILL_GOOD_FOR = timedelta(days=7)
"""A reminder brings the link that there is, if it lasts this long: who is just filling in the form keeps it."""


class NewLink(NamedTuple):
    """A link as whoever made it hands it on; it cannot be read again."""

    url: str
    expires_at: datetime


class OpenedLink(NamedTuple):
    """What the holder of a good link may answer."""

    link: SurveyLink
    sheet: ResponseSheet

    @property
    def actor(self) -> Actor:
        """Who is written down for what comes through the link: nobody is known by name."""
        return Actor(sub=f"survey-link:{self.link.id}", client_id=None)


def settings_of(resources: Resources) -> AuditSettings:
    """The settings with which this service was opened."""
    return cast("AuditSettings", resources.settings)


@lru_cache(maxsize=4)
def signing_key(service_key_file: Path) -> bytes:
    """Signs the tokens of links; the same in all replicas. A new key of the service ends all links."""
    return hashlib.blake2b(service_key_file.read_bytes(), person=b"survey links").digest()


async def create_link(
    session: AsyncSession,
    actor: Actor,
    settings: AuditSettings,
    survey_id: UUID,
    supplier_id: UUID,
    expires_on: date | None,
    now: datetime,
) -> NewLink:
    """A new link to a response that is not submitted, good until the end of a UTC day; older ones end.

    Conflict where there is nothing to answer.
    """
    response = await repository.lock_asked_response(session, survey_id, supplier_id)
    survey = await repository.get_survey_of(session, response)
    if survey.questionnaire_id is None:
        raise Conflict("This campaign has no questionnaire; there is no form to fill in.", code="no-questionnaire")
    responses.check_open(response)
    expires_at = _end_of(expires_on) if expires_on is not None else default_expiry(survey, now)
    if not now < expires_at <= now + timedelta(days=MOST_DAYS):
        raise Invalid(
            f"A link lasts until today at least and for {MOST_DAYS} days at most.",
            fields=[FieldError("#/expires_on", "lies in the past or too far in the future")],
        )
    await end_links_of(session, actor, response, now)
    return new_link(settings, await _make(session, actor, response, expires_at))


async def find_or_create_link(
    session: AsyncSession,
    actor: Actor,
    settings: AuditSettings,
    survey: Survey,
    response: SurveyResponse,
    now: datetime,
) -> NewLink:
    """The link to a response that is held: the one that there is, if it lasts, else a new one in place of it."""
    link = await repository.find_live_link(session, response.id, now + STILL_GOOD_FOR)
    if link is None:
        await end_links_of(session, actor, response, now)
        link = await _make(session, actor, response, default_expiry(survey, now))
    return new_link(settings, link)


async def withdraw_links(
    session: AsyncSession, actor: Actor, survey_id: UUID, supplier_id: UUID, now: datetime
) -> None:
    """End every link to a response."""
    await end_links_of(session, actor, await repository.lock_asked_response(session, survey_id, supplier_id), now)


async def open_link(
    session: AsyncSession, settings: AuditSettings, token: str, now: datetime, *, lock: bool = False
) -> OpenedLink:
    """What a token opens, the response held where `lock`.

    Forbidden where it is not ours, Gone where it is over, NotFound where its link is not known.
    """
    said = survey_tokens.read(signing_key(settings.service_key_file), token)
    if said is None:
        raise Forbidden("This is not one of our links.", code="link-forged")
    if said.expires_at <= now:
        raise Gone("The link has expired.", code="link-expired")
    response_id = await repository.find_response_id(session, said.link_id)
    if response_id is None:
        raise NotFound("There is no such link.")
    get_sheet = responses.lock_response_sheet if lock else responses.get_response_sheet
    sheet = await get_sheet(session, response_id)
    # Only now, when nobody else can use it up any more.
    link = await repository.find_link(session, said.link_id)
    if link is None:
        raise NotFound("There is no such link.")
    if sheet.response.status == "submitted" or await repository.is_used_up(session, link.id):
        raise Gone("The answers were submitted; the link served its purpose.", code="link-used")
    if link.ended_at is not None:
        raise Gone("The link was withdrawn, or replaced by a newer one.", code="link-ended")
    return OpenedLink(link, sheet)


def default_expiry(survey: Survey, now: datetime) -> datetime:
    """Two weeks after the due date, or after today where that is past."""
    return _end_of(max(survey.due_on, now.date()) + timedelta(days=DAYS_PAST_DUE))


def new_link(settings: AuditSettings, link: SurveyLink) -> NewLink:
    """The link as an address. The token stands in the query: paths are logged, queries are not."""
    token = survey_tokens.sign(signing_key(settings.service_key_file), Token(link.id, link.expires_at))
    return NewLink(f"{settings.public_url.rstrip('/')}{PATH}?{urlencode({'token': token})}", link.expires_at)


async def _make(session: AsyncSession, actor: Actor, response: SurveyResponse, expires_at: datetime) -> SurveyLink:
    # The clock's time and not the transaction's: a submission while this one waited came before.
    link = SurveyLink(
        id=new_id(), response_id=response.id, expires_at=expires_at, created_by=actor.sub,
        created_at=datetime.now(UTC), ended_at=None,
    )  # fmt: skip
    session.add(link)
    await session.flush()
    state = {"response_id": str(response.id), "expires_at": expires_at.isoformat(), "ended": False}
    await journal.record(session, actor, [Change("survey_link.created", link.id, 1, state)])
    return link


async def end_links_of(session: AsyncSession, actor: Actor, response: SurveyResponse, now: datetime) -> None:
    """End every link to a response that is held."""
    changes = []
    for link in await repository.end_links(session, response.id, now):
        before = {
            "response_id": str(response.id), "expires_at": link.expires_at.isoformat(), "ended": False,
        }  # fmt: skip
        changes.append(Change("survey_link.ended", link.id, 2, {**before, "ended": True}, before))
    await journal.record(session, actor, changes)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(days=1)
