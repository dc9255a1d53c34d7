"""When a third-party auditor at an event is qualified and independent, as far as records can tell."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, Self

from services.engagement.domain.rules import Complaint

SpeakerKind = Literal["speaker", "third_party_auditor"]
THIRD_PARTY_AUDITOR: Final = "third_party_auditor"

COOLING_OFF_YEARS: Final = 2
"""So long after it ended a conflict still counts.

It is what ISO/IEC 17021-1 takes as enough between consulting a client and auditing it; what audit programmes of an
industry ask beyond that is not known here.
"""

DECLARATION_HOLDS_YEARS: Final = 1
"""So old a declaration of independence may be. Our own measure: no standard that we know of sets one."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A supplier with which an auditor declared to be involved, and until when; None where it goes on."""

    supplier_code: str
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class Speaker:
    """A speaker of an event, as far as independence depends on it."""

    kind: str
    organisation: str | None
    qualification: str | None
    qualified_until: date | None
    declared_on: date | None
    conflicts: tuple[Conflict, ...]

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """The speaker that an event keeps; earlier ones have a name, an organisation and a role alone."""
        declared = kept.get("independence") or {}
        conflicts = declared.get("conflicts", ())
        return cls(
            kept.get("kind", "speaker"),
            kept.get("organisation"),
            kept.get("qualification"),
            _day(kept.get("qualified_until")),
            _day(declared.get("declared_on")),
            tuple(Conflict(one["supplier_code"], _day(one.get("ended_on"))) for one in conflicts),
        )

    @property
    def is_auditor(self) -> bool:
        """Whether it is a third-party auditor by what was recorded, not by what its role is called."""
        return self.kind == THIRD_PARTY_AUDITOR


@dataclass(frozen=True, slots=True)
class Present:
    """A supplier that takes part in an event; all its codes and names, those of suppliers merged with it included."""

    code: str
    codes: frozenset[str]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class EventWarning:
    """Something that does not stand in the way of an event but that whoever runs it should know."""

    code: str
    pointer: str
    detail: str


def complaints_about_speakers(speakers: Sequence[Speaker], day: date, today: date) -> list[Complaint]:
    """What is wrong with the speakers of an event whose last day is `day`."""
    return [
        (f"speakers/{n}/{name}", detail)
        for n, speaker in enumerate(speakers)
        for name, detail in _complaints(speaker, day, today)
    ]


def complaints_about_belonging(speakers: Sequence[Speaker], present: Sequence[Present]) -> list[Complaint]:
    """An auditor who belongs to a supplier that takes part is no third party."""
    return [
        (f"speakers/{n}/organisation", f"is the supplier {supplier.code}, which takes part: that is no third party")
        for n, speaker in enumerate(speakers)
        if speaker.is_auditor
        for supplier in present
        if _is(speaker.organisation, supplier)
    ]


def warnings_about(
    event_kind: str, speakers: Sequence[Speaker], first_day: date, present: Sequence[Present]
) -> list[EventWarning]:
    """What to know about the auditors of an event that begins on `first_day`, given who takes part by now."""
    found: list[EventWarning] = []
    if event_kind == "support_meeting" and not any(speaker.is_auditor for speaker in speakers):
        found.append(
            EventWarning("no-third-party-auditor", "#/speakers", "No third-party auditor is named for the meeting.")
        )
    belonging = complaints_about_belonging(speakers, present)
    found.extend(
        EventWarning("auditor-of-a-supplier", f"#/{name}", f"The organisation {detail}.") for name, detail in belonging
    )
    for n, speaker in enumerate(speakers):
        if speaker.is_auditor:
            found.extend(_warnings(speaker, f"#/speakers/{n}/independence", first_day, present))
    return found


def _complaints(speaker: Speaker, day: date, today: date) -> list[Complaint]:
    complaints: list[Complaint] = []
    if speaker.qualified_until is not None and speaker.qualified_until < day:
        complaints.append(("qualified_until", f"lies before the event is over ({day.isoformat()})"))
    if speaker.declared_on is not None and speaker.declared_on > today:
        complaints.append(("independence/declared_on", "lies in the future"))
    if not speaker.is_auditor:
        return complaints
    needed = {
        "organisation": speaker.organisation,
        "qualification": speaker.qualification,
        "independence": speaker.declared_on,
    }
    missing = [(name, "is needed of a third-party auditor") for name, value in needed.items() if value is None]
    return missing + complaints


def _warnings(speaker: Speaker, pointer: str, first_day: date, present: Sequence[Present]) -> list[EventWarning]:
    found: list[EventWarning] = []
    for n, conflict in enumerate(speaker.conflicts):
        supplier = next((one for one in present if conflict.supplier_code in one.codes), None)
        if supplier is not None and _counts(conflict, first_day):
            detail = f"The auditor declared a conflict with the supplier {supplier.code}, which takes part."
            found.append(EventWarning("conflict-declared", f"{pointer}/conflicts/{n}", detail))
    if speaker.declared_on is not None and speaker.declared_on > first_day:
        detail = "Independence was declared only after the event had begun."
        found.append(EventWarning("declared-late", f"{pointer}/declared_on", detail))
    elif speaker.declared_on is not None and years_after(speaker.declared_on, DECLARATION_HOLDS_YEARS) < first_day:
        detail = f"Independence was declared more than {DECLARATION_HOLDS_YEARS} year before the event."
        found.append(EventWarning("declared-long-ago", f"{pointer}/declared_on", detail))
    return found


def _counts(conflict: Conflict, first_day: date) -> bool:
    return conflict.ended_on is None or years_after(conflict.ended_on, COOLING_OFF_YEARS) > first_day


def years_after(day: date, years: int) -> date:
    """The same day `years` later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _is(organisation: str | None, supplier: Present) -> bool:
    """Whether the organisation bears a code or name of the supplier; spelt otherwise it is not recognised."""
    if organisation is None:
        return False
    return _plain(organisation) in {_plain(known) for known in supplier.codes | supplier.names}


def _plain(text: str) -> str:
    """Letters and digits alone, in one case and width."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum()) or folded


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
