"""What stands around an issue's articles in its reader's language, and which language suits a reader."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from collections.abc import Collection
from typing import Final, NamedTuple

from shared.languages import DEFAULT, READS, Language, language_of


class Words(NamedTuple):
    """The words of the frame; `person` and `supplier` stand for whoever is not named, as in a chat group."""

    why: str
    unsubscribe: str
    person: str
    supplier: str


WORDS: Final[dict[Language, Words]] = {
    "en": Words(
        "{sender} sends you this newsletter because your company named you as its contact.",
        "Unsubscribe from these newsletters",
        "colleague",
        "your company",
    ),
    "zh-Hans": Words(
        "您收到 {sender} 的这份通讯，是因为贵公司将您登记为联系人。",
        "退订通讯",
        "同仁",
        "贵公司",
    ),
    "zh-Hant": Words(
        "您收到 {sender} 的這份電子報，是因為貴公司將您登記為聯絡人。",
        "取消訂閱電子報",
        "同仁",
        "貴公司",
    ),
}


def words_for(tag: str) -> tuple[Words, Language]:
    """The frame's words for a reader of that language, and the language that they are in."""
    language = language_of(tag) or DEFAULT
    return WORDS[language], language


def best_of(tags: Collection[str], reader: str, default: str) -> str:
    """Which of the languages in which a text exists suits a reader; `default` where none does.

    The reader's own first, then ever wider ones (RFC 4647, 3.4), then another of the same kind; readers of one
    Chinese script read the other rather than English.
    """
    by_tag = {tag.lower(): tag for tag in tags}
    wanted = reader.strip().lower().replace("_", "-")
    own, *_ = wanted.split("-")
    parts = wanted.split("-")
    wider = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    language = language_of(reader)
    read = [tag.lower() for tag in READS[language]] if language else []
    if own == "zh":
        # Plain zh says nothing of the script: what the reader's script is called goes before it.
        wider = [wanted]
    alike = sorted(tag for tag in by_tag if tag.split("-")[0] == own)
    same_kind = [tag for tag in read if tag.split("-")[0] == own]
    for tag in (*wider, *same_kind, *alike, *read):
        if tag in by_tag:
            return by_tag[tag]
    return default
