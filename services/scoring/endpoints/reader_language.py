"""The language in which sentences are written for whoever reads them."""

from typing import Annotated

from fastapi import Depends, Header, Query

from shared.languages import Language, preferred


async def reader_language(
    language: Annotated[
        str | None, Query(max_length=35, description="Of the sentences: en, zh-Hant or zh-Hans, or a tag such as zh-TW")
    ] = None,
    accept_language: Annotated[str | None, Header(description="Where `language` names none that there is")] = None,
) -> Language:
    """The language asked for, else the one that the reader's program likes best, else English."""
    return preferred(language, accept_language)


ReaderLanguage = Annotated[Language, Depends(reader_language)]


def headers() -> dict[str, str]:
    """What caches have to know of an answer with sentences."""
    return {"Vary": "Accept, Accept-Language, Authorization"}
