"""The code catalogue."""

import pytest

from services.audit.domain import provisions
from services.audit.domain.provisions import CATALOGUE, complaint, nearest


def test_version_8_of_the_code_has_42_provisions() -> None:
    edition = CATALOGUE["RBA", "8.0"]
    sections = [sum(p.section == letter for p in edition.values()) for letter in "ABCDE"]
    assert (len(edition), sections) == (42, [6, 8, 8, 8, 12])
    assert list(edition)[-1] == "E12"


def test_a6_means_another_thing_in_each_version() -> None:
    assert CATALOGUE["RBA", "7.0"]["A6"].title == "Non-Discrimination/Non-Harassment"
    assert CATALOGUE["RBA", "8.0"]["A6"].title == "Freedom of Association and Collective Bargaining"
    assert CATALOGUE["RBA", "7.0"]["A7"].title == "Freedom of Association"


@pytest.mark.parametrize("edition", CATALOGUE)
def test_every_provision_held_is_without_complaint(edition: tuple[str, str]) -> None:
    assert all(complaint(*edition, code) is None for code in CATALOGUE[edition])


@pytest.mark.parametrize(
    ("code", "likeliest"),
    [("A9", "A6"), ("a3", "A3"), ("VAP-B7.2.1a", "B7"), ("E13", "E12"), ("C-4", "C4"), ("A03", "A3"), ("B0", "B1")],
)
def test_the_nearest_provisions_are_named(code: str, likeliest: str) -> None:
    assert nearest(CATALOGUE["RBA", "8.0"], code)[0] == likeliest
    said = complaint("RBA", "8.0", code)
    assert said is not None
    assert said.field == "provision"
    assert f"{likeliest} {CATALOGUE['RBA', '8.0'][likeliest].title}" in said.message


@pytest.mark.parametrize("code", ["", "?", "Z1", "forced labour", "٣", "A99999999999999"])
def test_whatever_is_written_something_is_suggested(code: str) -> None:
    assert nearest(CATALOGUE["RBA", "8.0"], code)


def test_a_provision_of_another_version_is_named_as_such() -> None:
    said = complaint("RBA", "8.0", "A7")
    assert said is not None
    assert "RBA 7.0 has" in said.message


def test_an_unknown_version_or_standard_names_those_held() -> None:
    version, standard = complaint("RBA", "9.0", "A1"), complaint("SA", "8000", "1.1")
    assert version == ("code_version", f"there is no RBA 9.0; held are {provisions.editions()}")
    assert standard == ("standard", "there is no SA 8000; held are RBA 7.0, RBA 8.0")
