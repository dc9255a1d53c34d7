"""How a message to a group is cut into messages of its robot, and when the robot may say the next one."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from services.engagement.domain.rules import Complaint

MOST_BYTES: Final = {"text": 2048, "markdown": 4096}
"""What a robot takes at once, in bytes of UTF-8: a Chinese character is three."""

MOST_PARTS: Final = 20
"""More would flood the group: such a thing is better linked to."""

MOST_A_MINUTE: Final = 20
WINDOW: Final = timedelta(seconds=65)
"""A minute, and as long as a message may take to arrive."""

SENTENCE_ENDS: Final = "。！？；…"  # noqa: RUF001  # Chinese is written with full-width punctuation
POINTS: Final = ".!?;"
JOINER: Final = "\u200d"
REGIONAL_INDICATORS: Final = range(0x1F1E6, 0x1F200)
SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
TAGS: Final = range(0xE0020, 0xE0080)
CONJOINING_JAMO: Final = range(0x1160, 0x1200)
"""Vowels and final consonants, which follow what they are part of."""


def split(content: str, most_bytes: int) -> list[str]:
    """The parts of `content`, each of at most `most_bytes` bytes of UTF-8 (4 at least); together they are the content.

    A part ends at a line's end, else at a sentence's, else at a space, where there is one past its middle; it never
    ends inside a character, nor, where that can be avoided, inside what a reader takes for one.
    """
    parts: list[str] = []
    start = 0
    while start < len(content):
        end = _furthest(content, start, most_bytes)
        if end < len(content):
            end = _best_end(content, start, end)
        parts.append(content[start:end])
        start = end
    return parts


def seconds_to_wait(sent_times: Sequence[datetime], now: datetime) -> float:
    """How long a robot that spoke at these times must be silent until it may speak again; 0 where it may now."""
    recent = sorted(moment for moment in sent_times if moment > now - WINDOW)
    if len(recent) < MOST_A_MINUTE:
        return 0.0
    return (recent[-MOST_A_MINUTE] + WINDOW - now).total_seconds()


def with_one_more(sent_times: Sequence[datetime], now: datetime) -> list[datetime]:
    """The times of the last messages, `now` among them, as many as the limit asks for."""
    return [*sent_times, now][-MOST_A_MINUTE:]


def count_parts(content: str, message_format: str) -> int:
    """How many parts a robot needs for `content`; where they are too many anyway, no more than a lower bound."""
    most_bytes = MOST_BYTES[message_format]
    least = -(-len(content.encode()) // most_bytes)
    return least if least > MOST_PARTS else len(split(content, most_bytes))


def complaints_about_message(parts: int, *, is_dated: bool) -> list[Complaint]:
    """What is wrong with a message that a robot is to say."""
    complaints: list[Complaint] = []
    if parts > MOST_PARTS:
        complaints.append(("content", f"takes {parts} messages of the channel or more; at most {MOST_PARTS} will do"))
    if is_dated:
        complaints.append(("posted_on", "is for groups that are recorded: a robot posts as soon as it may"))
    return complaints


def _furthest(content: str, start: int, most_bytes: int) -> int:
    end, room = start, most_bytes
    while end < len(content):
        room -= len(content[end].encode())
        if room < 0:
            break
        end += 1
    return end


def _best_end(content: str, start: int, end: int) -> int:
    later_half = range(end, start + (end - start) // 2, -1)
    for is_good in (_ends_line, _ends_sentence, _ends_word):
        for at in later_half:
            if is_good(content, at) and _may_end_before(content, start, at):
                return at
    return next((at for at in later_half if _may_end_before(content, start, at)), end)


def _ends_line(content: str, at: int) -> bool:
    return content[at - 1] == "\n"


def _ends_sentence(content: str, at: int) -> bool:
    last = content[at - 1]
    return last in SENTENCE_ENDS or (last.isspace() and at > 1 and content[at - 2] in POINTS)


def _ends_word(content: str, at: int) -> bool:
    return content[at - 1].isspace()


def _may_end_before(content: str, start: int, at: int) -> bool:
    """Whether what stands at `at` does not belong to what precedes it."""
    before, here = content[at - 1], content[at]
    if before + here == "\r\n" or JOINER in (before, here):
        return False
    if ord(here) in REGIONAL_INDICATORS:
        # Flags are pairs: only after an even number of these letters does another flag begin.
        letters = at
        while letters > start and ord(content[letters - 1]) in REGIONAL_INDICATORS:
            letters -= 1
        return (at - letters) % 2 == 0
    return not (
        unicodedata.category(here).startswith("M")
        or any(ord(here) in continuing for continuing in (SKIN_TONES, TAGS, CONJOINING_JAMO))
    )
