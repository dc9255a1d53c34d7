"""An event's record as articles of a newsletter, in each of the languages."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from services.engagement.domain.articles import MOST_CHARACTERS_OF_AN_ADDRESS
from services.engagement.domain.recap_words import WORDS, RecapWords
from services.engagement.repository.recaps import EventRecord
from services.engagement.service.event import texts as event_texts
from shared.languages import Language

# Every sign that could mean something in Markdown or begin a placeholder.
_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")
# What would end an address in angle brackets, or begin a placeholder in it.
_IN_AN_ADDRESS = "!#$&'()*+,/:;=?@[]%~"

TITLE = "{{ event.title }}"
MOST_CHARACTERS_OF_A_BODY = 20_000


def subject(language: Language) -> str:
    """What the mail is called; the event's title and date are filled in when it is written."""
    return WORDS[language].subject


def articles(record: EventRecord, languages: Iterable[Language]) -> list[dict[str, Any]]:
    """The articles, of those about which there is something to tell; each in all the languages."""
    codes: dict[str, dict[str, Any]] = {}
    for language in languages:
        for code, title, body in _written(record, WORDS[language]):
            codes.setdefault(code, {})[language] = {"title": title, "body": _cut(body)}
    return [{"code": code, "texts": texts} for code, texts in codes.items()]


def _written(record: EventRecord, words: RecapWords) -> Iterator[tuple[str, str, str]]:
    event = record.event
    yield "event", TITLE, "\n\n".join(_told(record, words))
    if event.kind == "support_meeting":
        parts = {
            words.root_causes: record.root_causes,
            words.best_practices: record.best_practices,
            words.commitments: record.commitments,
        }
        treated = [_listed(heading, map(_plain, found)) for heading, found in parts.items() if found]
        if treated:
            yield "treated", words.treated, "\n\n".join(treated)
    for code, title, found in (
        ("materials", words.materials, event.materials),
        ("recordings", words.recordings, event.recordings),
    ):
        if found:
            yield code, title, "\n".join(f"- {_link(material)}" for material in found)


def _told(record: EventRecord, words: RecapWords) -> Iterator[str]:
    event = record.event
    # The first paragraph alone goes to chat groups, in which there are people who came.
    yield words.held.format(
        date=_plain(event_texts.day(event)),
        zone=_plain(event.time_zone),
        kind=getattr(words, event.kind),
    )
    yield words.missed
    if event.topic:
        yield words.topic.format(topic=_plain(event.topic))
    if event.agenda:
        yield _listed(words.agenda, _agenda(record))
    if event.speakers:
        yield _listed(words.speakers, (_speaker(speaker) for speaker in event.speakers))
    if event.person_times:
        attendance = words.attendance.format(persons=event.person_times, suppliers=record.suppliers)
        rated = record.satisfaction
        if rated.percent is not None:
            attendance += " " + words.satisfied.format(percent=f"{rated.percent:.0f}", n=rated.n)
        yield attendance


def _agenda(record: EventRecord) -> Iterator[str]:
    for clock, item in zip(event_texts.clocks_of_agenda(record.event), record.event.agenda, strict=True):
        speaker = f" ({_plain(item['speaker'])})" if item.get("speaker") else ""
        yield f"{clock} {_plain(item['title'])}{speaker}".lstrip()


def _speaker(speaker: Mapping[str, Any]) -> str:
    return ", ".join(_plain(speaker[name]) for name in ("name", "organisation", "role") if speaker.get(name))


def _listed(heading: str, items: Iterable[str]) -> str:
    return f"**{heading}**\n\n" + "\n".join(f"- {item}" for item in items)


def _link(material: Mapping[str, Any]) -> str:
    title, url = _plain(material["title"]), quote(material["url"], safe=_IN_AN_ADDRESS)
    if len(url) > MOST_CHARACTERS_OF_AN_ADDRESS:
        return title
    return f"[{title}](<{url.replace('&', '&amp;')}>)"


def _cut(body: str) -> str:
    """As many lines of the body as an article takes."""
    return body if len(body) <= MOST_CHARACTERS_OF_A_BODY else body[: body.rindex("\n", 0, MOST_CHARACTERS_OF_A_BODY)]


def _plain(text: str) -> str:
    """The text for Markdown as nothing but text, on one line."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return _SIGNS.sub(r"\\\1", " ".join(shown.split()))
