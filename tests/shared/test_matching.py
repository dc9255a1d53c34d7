"""Texts that have to look a certain way."""

from typing import Annotated

import pytest
from pydantic import StringConstraints, TypeAdapter, ValidationError

from shared.matching import Matching

COUNTRY = TypeAdapter(
    Annotated[str, StringConstraints(strip_whitespace=True), Matching(r"^[A-Z]{2}$", "must be two capital letters")]
)


@pytest.mark.parametrize("given", ["TW", " TW "])
def test_what_suits_is_taken_after_it_was_stripped(given: str) -> None:
    assert COUNTRY.validate_python(given) == "TW"


@pytest.mark.parametrize("given", ["Taiwan", "tw", "", "TW\nx"])
def test_what_does_not_is_refused_in_words(given: str) -> None:
    with pytest.raises(ValidationError) as refused:
        COUNTRY.validate_python(given)
    (error,) = refused.value.errors()
    assert (error["type"], error["msg"]) == ("string_pattern_mismatch", "must be two capital letters")


def test_a_line_break_at_the_end_is_no_part_of_a_pattern() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Annotated[str, Matching(r"^[A-Z]{2}$", "no")]).validate_python("TW\n")


def test_descriptions_of_the_api_show_the_pattern() -> None:
    assert COUNTRY.json_schema() == {"type": "string", "pattern": "^[A-Z]{2}$"}
