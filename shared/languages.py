"""The languages in which suppliers are written to and asked, and which of the texts that exist suits a reader."""

from collections.abc import Iterator, Mapping
from typing import Literal, get_args

Language = Literal["en", "zh-Hans", "zh-Hant"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "en"

OWN_NAMES: Mapping[Language, str] = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}
"""What their readers call them."""

TRADITIONAL = ("hant", "tw", "hk", "mo")
MOST_PREFERENCES = 20

# Readers of one script read the other rather than English.
READS: Mapping[Language, tuple[str, ...]] = {
    "en": ("en",),
    "zh-Hans": ("zh-Hans", "zh-CN", "zh-SG", "zh", "zh-Hant", "zh-TW", "zh-HK", "en"),
    "zh-Hant": ("zh-Hant", "zh-TW", "zh-HK", "zh", "zh-Hans", "zh-CN", "zh-SG", "en"),
}


def language_of(tag: str) -> Language | None:
    """Which of the languages a tag such as zh-TW means; plain zh is Simplified, None is none of them."""
    first, *rest = tag.strip().lower().replace("_", "-").split("-")
    if first == "zh":
        return "zh-Hant" if any(part in TRADITIONAL for part in rest) else "zh-Hans"
    return "en" if first == "en" else None


def name_of(tag: str) -> str:
    """What readers of that language call it, where it is one of ours; else the tag."""
    language = language_of(tag)
    return tag if language is None else OWN_NAMES[language]


def preferred(asked: str | None, accept_language: str | None) -> Language:
    """The language asked for, else the one that the header likes best, else English."""
    for tag in (asked or "", *_by_preference(accept_language or "")):
        found = language_of(tag)
        if found is not None:
            return found
    return DEFAULT


def text_for(texts: Mapping[str, str], language: Language) -> tuple[str, str]:
    """The text that suits the reader best, and the language that it is in; empty where there is none at all."""
    for tag in READS[language]:
        if texts.get(tag):
            return texts[tag], tag
    return "", language


def _by_preference(header: str) -> Iterator[str]:
    weighed: list[tuple[float, int, str]] = []
    for n, part in enumerate(header.split(",")[:MOST_PREFERENCES]):
        tag, _, parameter = part.partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighed.append((-weight, n, tag))
    return (tag for _, _, tag in sorted(weighed))
