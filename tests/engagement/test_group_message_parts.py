"""How a message is cut into parts that a robot takes, and how often the robot may speak."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.engagement.domain.group_messages import (
    MOST_A_MINUTE,
    count_parts,
    seconds_to_wait,
    split,
    with_one_more,
)

FAMILY = "👨‍👩‍👧‍👦"
FLAG = "🇹🇼"
ACCENTED = "e\u0301"


def test_content_that_could_take_long_to_cut_does_not() -> None:
    began = time.process_time()
    for content in ("🇹" * 20_000, "\u0301" * 20_000, "\u200d" * 20_000, "a " * 20_000, "\r\n" * 20_000):
        assert "".join(split(content, 4096)) == content
    assert time.process_time() - began < 2
    assert count_parts("a" * 100_000, "text") == 49


pieces = st.one_of(
    st.characters(codec="utf-8"),
    st.sampled_from([FAMILY, FLAG, ACCENTED, "\r\n", "永", "。", ". ", " ", "\n", "각", "👍🏽", "x" * 30]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, max_size=200).map("".join), st.integers(min_value=4, max_value=100))
def test_the_parts_are_the_content_and_each_is_within_the_limit(content: str, most_bytes: int) -> None:
    parts = split(content, most_bytes)
    assert "".join(parts) == content
    assert all(0 < len(part.encode()) <= most_bytes for part in parts)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([FAMILY, FLAG, ACCENTED, "\r\n", "永", "각", "👍🏽"]), min_size=1, max_size=60),
    st.integers(min_value=60, max_value=120),
)
def test_what_a_reader_takes_for_one_character_stays_whole(characters: list[str], most_bytes: int) -> None:
    ends, at = {0}, 0
    for character in characters:
        at += len(character)
        ends.add(at)
    cut = 0
    for part in split("".join(characters), most_bytes):
        cut += len(part)
        assert cut in ends


@pytest.mark.parametrize(
    ("content", "most_bytes", "parts"),
    [
        ("", 12, []),
        ("short", 12, ["short"]),
        ("one two\nthree four five", 13, ["one two\n", "three four ", "five"]),
        ("one two. three four", 13, ["one two. ", "three four"]),
        ("永續。報告書", 12, ["永續。", "報告書"]),
        ("永續報告書永續", 13, ["永續報告", "書永續"]),
        ("a\nbcdefghijklmnop", 12, ["a\nbcdefghijk", "lmnop"]),
    ],
)
def test_a_part_ends_at_a_line_else_a_sentence_else_a_word(content: str, most_bytes: int, parts: list[str]) -> None:
    assert split(content, most_bytes) == parts


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=30), max_size=120))
def test_there_are_never_more_than_twenty_in_any_minute(pauses: list[float]) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    kept: list[datetime] = []
    said: list[datetime] = []
    for pause in pauses:
        now += timedelta(seconds=pause)
        now += timedelta(seconds=seconds_to_wait(kept, now))
        assert seconds_to_wait(kept, now) == 0
        kept = with_one_more(kept, now)
        said.append(now)
    assert all(late - early >= timedelta(seconds=60) for early, late in zip(said, said[MOST_A_MINUTE:], strict=False))
