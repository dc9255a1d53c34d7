"""An invitation as its page shows it, in one language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.engagement.endpoints.pages.feedback_form import QuestionView
from services.engagement.service.event import texts
from services.engagement.service.invitation.invited import Invited

WEB = ("https://", "http://")


class ItemView(NamedTuple):
    """A part of the agenda; `begins` and `speaker` may be empty."""

    begins: str
    title: str
    speaker: str


class LinkView(NamedTuple):
    """A document or a recording, and the language that it is in; empty where nobody said."""

    title: str
    url: str
    lang: str


@dataclass(frozen=True, slots=True)
class InvitationView:
    """The whole page; `state` is what is to be said of the event or invitation, before all else."""

    title: str
    lang: str
    kind: str
    state: str | None
    when: str
    when_utc: str
    location: str | None
    join_url: str | None
    channel: str | None
    speakers: Sequence[str]
    agenda: Sequence[ItemView]
    materials: Sequence[LinkView]
    recordings: Sequence[LinkView]
    may_reply: bool
    reply: str
    is_full: bool
    has_calendar: bool
    questions: Sequence[QuestionView] | None
    """What those who were there are asked."""
    was_said: bool

    @property
    def faults(self) -> list[QuestionView]:
        """The questions whose answers cannot be taken."""
        return [question for question in self.questions or () if question.fault]


def invitation_view(invited: Invited, questions: Sequence[QuestionView]) -> InvitationView:
    """The page for things as they stand; `questions` are shown to those alone who may answer them."""
    event, reply = invited.event, invited.invitation.reply
    # Whoever waits has no place yet, and whoever is not invited any more is not let in either.
    is_let_in = invited.may_reply and reply != "waiting"
    return InvitationView(
        title=event.title,
        lang=event.language or "",
        kind=event.kind,
        state=_state(invited),
        when=texts.span(event, ZoneInfo(event.time_zone), event.time_zone),
        when_utc=texts.span(event, UTC, "UTC"),
        location=event.location if invited.is_live else None,
        join_url=event.join_url if is_let_in and (event.join_url or "").startswith(WEB) else None,
        channel=event.channel,
        speakers=[_speaker(speaker) for speaker in event.speakers],
        agenda=[
            ItemView(clock, str(item["title"]), item.get("speaker") or "")
            for clock, item in zip(texts.clocks_of_agenda(event), event.agenda, strict=True)
        ],
        materials=_links(event.materials) if invited.is_live else (),
        recordings=_links(event.recordings) if invited.is_live and invited.is_over else (),
        may_reply=invited.may_reply,
        reply=reply,
        is_full=invited.places_left == 0 and reply not in ("accepted", "waiting"),
        has_calendar=invited.may_reply,
        questions=questions if invited.may_give_feedback else None,
        was_said=invited.answers is not None
        or (invited.attendance is not None and invited.attendance.rating is not None),
    )


def _state(invited: Invited) -> str | None:
    if invited.event.withdrawn_on is not None:
        return "event_withdrawn"
    if invited.invitation.withdrawn_at is not None:
        return "invitation_withdrawn"
    return "over" if invited.is_over else None


def _speaker(speaker: Mapping[str, Any]) -> str:
    return ", ".join(str(speaker[part]) for part in ("name", "role", "organisation") if speaker.get(part))


def _links(held: Sequence[Mapping[str, Any]]) -> list[LinkView]:
    return [
        LinkView(str(link["title"]), link["url"], link.get("language") or "")
        for link in held
        if str(link["url"]).startswith(WEB)
    ]
