"""What is said of a provision that there is not."""

import pytest

from services.audit.domain.provisions import Catalogue, ProvisionName, complaint, nearest

TITLES = {f"{section}{n}": f"title of {section}{n}" for section, last in zip("ABCDE", (6, 8, 8, 8, 12), strict=True)
          for n in range(1, last + 1)}  # fmt: skip
CATALOGUE: Catalogue = {
    ("RBA", "7.0"): {**TITLES, "A7": "Freedom of Association"},
    ("RBA", "8.0"): TITLES,
    ("SA8000", "2014"): {"1.1": "Child labour", "1.2": "Remediation of child labour", "9": "Management system"},
}


@pytest.mark.parametrize("edition", CATALOGUE)
def test_every_provision_held_is_without_complaint(edition: tuple[str, str]) -> None:
    assert all(complaint(ProvisionName(*edition, code), CATALOGUE) is None for code in CATALOGUE[edition])


@pytest.mark.parametrize(
    ("code", "likeliest"),
    [("A9", "A6"), ("a3", "A3"), ("VAP-B7.2.1a", "B7"), ("E13", "E12"), ("C-4", "C4"), ("A03", "A3"), ("B0", "B1")],
)
def test_the_nearest_provisions_are_named(code: str, likeliest: str) -> None:
    assert nearest(list(TITLES), code)[0] == likeliest
    said = complaint(ProvisionName("RBA", "8.0", code), CATALOGUE)
    assert said is not None
    assert said.field == "provision"
    assert f"{likeliest} title of {likeliest}" in said.message


@pytest.mark.parametrize("code", ["", "?", "Z1", "forced labour", "٣", "A99999999999999"])
def test_whatever_is_written_something_is_suggested(code: str) -> None:
    assert nearest(list(TITLES), code)


def test_codes_of_any_shape_are_compared() -> None:
    assert nearest(list(CATALOGUE["SA8000", "2014"]), "1.3")[0] in {"1.1", "1.2"}


def test_a_provision_of_another_version_is_named_as_such() -> None:
    said = complaint(ProvisionName("RBA", "8.0", "A7"), CATALOGUE)
    assert said is not None
    assert "RBA 7.0 has" in said.message


def test_an_unknown_version_or_standard_names_those_held() -> None:
    version = complaint(ProvisionName("RBA", "9.0", "A1"), CATALOGUE)
    standard = complaint(ProvisionName("SA", "8000", "1.1"), CATALOGUE)
    assert version == ("code_version", "there is no RBA 9.0; held are RBA 7.0, RBA 8.0, SA8000 2014")
    assert standard == ("standard", "there is no SA 8000; held are RBA 7.0, RBA 8.0, SA8000 2014")
