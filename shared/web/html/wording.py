"""What pages say, in each of the languages."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from collections.abc import Mapping
from typing import NamedTuple

from shared.languages import LANGUAGES, Language, text_for


class Wording(NamedTuple):
    """One text in all languages, in the order of `LANGUAGES`."""

    en: str
    hans: str
    hant: str

    def in_language(self, language: Language) -> str:
        """The text as readers of that language read it."""
        return self[LANGUAGES.index(language)]


class Words(NamedTuple):
    """A text and the language that it is in, which may be another than the page's."""

    text: str
    lang: str


def words_of(texts: Mapping[str, str], language: Language, otherwise: str = "") -> Words:
    """Of texts that others wrote, the one that suits the reader best; `otherwise` where there is none."""
    text, lang = text_for(texts, language)
    return Words(text, lang) if text or not otherwise else Words(otherwise, language)


TEXTS: Mapping[str, Wording] = {
    "languages": Wording("Language", "语言", "語言"),
    "error_prefix": Wording("Error: ", "错误：", "錯誤："),
    "problem": Wording("There is a problem", "有问题需要更正", "有問題需要更正"),
}
"""What the pages of all services say; each adds its own."""
