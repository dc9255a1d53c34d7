"""What chat groups read of newsletters and events."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from shared.languages import Language

ArticleInShort = tuple[str, str, Sequence[tuple[str, str]]]
"""Title, how it begins, and its links: words and address."""

_MARKUP = re.compile(r"([\\`*_\[\]<>#])")


class Reminder(NamedTuple):
    """A reminder's lines."""

    title: str
    when: str
    where: str
    reply: str


REMINDERS: Final[dict[Language, Reminder]] = {
    "en": Reminder(
        "Reminder: {title}",
        "When: {when} ({zone})",
        "Where: {where}",
        "If you are invited, please reply with the link in your invitation; how to join stands there too.",
    ),
    "zh-Hans": Reminder(
        "提醒：{title}",
        "时间：{when}（{zone}）",
        "方式/地点：{where}",
        "受邀者请通过邀请函中的链接回复，参加方式亦见邀请函。",
    ),
    "zh-Hant": Reminder(
        "提醒：{title}",
        "時間：{when}（{zone}）",
        "方式／地點：{where}",
        "受邀者請透過邀請函中的連結回覆，參加方式亦見邀請函。",
    ),
}


def issue_as_markdown(subject: str, articles: Sequence[ArticleInShort]) -> str:
    """An issue in the few signs of Markdown that WeCom knows."""
    parts = [f"# {_plain(subject)}"]
    for title, lead, links in articles:
        told = [f"[{_plain(words)}]({address})" for words, address in links]
        parts.append("\n".join(filter(None, [f"**{_plain(title)}**", _plain(lead), *told])))
    return "\n\n".join(parts)


def issue_as_text(subject: str, articles: Sequence[ArticleInShort]) -> str:
    """An issue as people would post it."""
    parts = [subject]
    for title, lead, links in articles:
        told = [address if words.startswith("http") else f"{words}: {address}" for words, address in links]
        parts.append("\n".join(filter(None, [title, lead, *told])))
    return "\n\n".join(parts)


def reminder(
    language: Language, *, title: str, starts_at: datetime, ends_at: datetime, time_zone: str, place: str
) -> str:
    """A reminder of an event by its own clock, with its zone."""
    words, zone = REMINDERS[language], ZoneInfo(time_zone)
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
    offset = start.strftime("%z")
    lines = [words.title.format(title=title)]
    lines.append(
        words.when.format(when=f"{start:%Y-%m-%d %H:%M}–{until}", zone=f"{time_zone}, UTC{offset[:3]}:{offset[3:5]}")
    )
    if place:
        lines.append(words.where.format(where=place))
    return "\n".join([*lines, words.reply])


def _plain(text: str) -> str:
    """The text without the signs that would begin something: the channel knows no way to escape them."""
    return _MARKUP.sub("", text)
