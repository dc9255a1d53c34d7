"""An event in words, in its reader's language: for mails and for calendars."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.engagement.domain import rules
from services.engagement.domain.calendars import on_one_line
from services.engagement.models import Event
from shared.languages import Language, name_of


class Labels(NamedTuple):
    """What the parts of an event are called."""

    time: str
    place: str
    join: str
    held_in: str
    agenda: str
    speakers: str
    reply: str
    between: str


LABELS: dict[Language, Labels] = {
    "en": Labels("Time", "Place", "Join here", "Language", "Agenda", "Speakers", "Reply here", ": "),
    "zh-Hans": Labels("时间", "地点", "加入会议", "语言", "议程", "讲者", "请在此回复", "："),
    "zh-Hant": Labels("時間", "地點", "加入會議", "語言", "議程", "講者", "請在此回覆", "："),
}


class Fact(NamedTuple):
    """Something about an event: one line, or several below each other."""

    label: str
    lines: list[str]


def facts(event: Event, language: Language) -> list[Fact]:
    """What an event's mails and calendar entries tell, in the order in which they do."""
    labels = LABELS[language]
    told = [
        Fact(labels.time, [span(event, ZoneInfo(event.time_zone), event.time_zone), span(event, UTC, "UTC")]),
        Fact(labels.place, [on_one_line(text) for text in (event.location, event.channel) if text]),
        Fact(labels.join, [event.join_url] if event.join_url else []),
        Fact(labels.held_in, [name_of(event.language)] if event.language else []),
        Fact(labels.agenda, list(_agenda(event))),
        Fact(labels.speakers, [_named(speaker) for speaker in event.speakers]),
    ]
    if event.time_zone == "UTC":
        del told[0].lines[1:]
    return [fact for fact in told if fact.lines]


def written(told: list[Fact], language: Language) -> str:
    """The facts as plain text."""
    between = LABELS[language].between
    blocks = [
        f"{fact.label}{between}{fact.lines[0]}"
        if len(fact.lines) == 1
        else "\n".join([f"{fact.label}{between.rstrip()}", *(f"  {line}" for line in fact.lines)])
        for fact in told
    ]
    return "\n".join(blocks)


def description(event: Event, language: Language, reply_url: str | None) -> str:
    """What a calendar shows below the title, with the way to reply where there is one."""
    labels = LABELS[language]
    way = [Fact(labels.reply, [reply_url])] if reply_url else []
    return written([*way, *facts(event, language)], language)


def day(event: Event) -> str:
    """The day on which it begins, where it takes place."""
    return f"{event.starts_at.astimezone(ZoneInfo(event.time_zone)):%Y-%m-%d}"


def span(event: Event, zone: tzinfo, name: str) -> str:
    """From when to when, on that zone's clock."""
    begins, ends = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    until = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends:%Y-%m-%d %H:%M}"
    return f"{begins:%Y-%m-%d %H:%M} - {until} ({name})"


def clocks_of_agenda(event: Event) -> list[str]:
    """When each item of the agenda begins, on the clock of where the event is; empty where that is not told."""
    zone = ZoneInfo(event.time_zone)
    times = rules.times_of_agenda(event.starts_at, event.agenda)
    return [f"{begins.astimezone(zone):%H:%M}" if begins else "" for begins in times]


def _agenda(event: Event) -> Iterator[str]:
    for clock, item in zip(clocks_of_agenda(event), event.agenda, strict=True):
        speaker = f" ({on_one_line(item['speaker'])})" if item.get("speaker") else ""
        yield f"{clock} {on_one_line(item['title'])}{speaker}".lstrip()


def _named(speaker: dict[str, Any]) -> str:
    more = [on_one_line(speaker[name]) for name in ("role", "organisation", "qualification") if speaker.get(name)]
    name = on_one_line(speaker["name"])
    return f"{name} ({', '.join(more)})" if more else name
