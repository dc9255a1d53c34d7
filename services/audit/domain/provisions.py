"""What is wrong with a name that no provision of the catalogue has, and which one may have been meant."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

MOST_SUGGESTIONS = 3

RBA = "RBA"
"""The standard that is meant where none is named."""


class ProvisionName(NamedTuple):
    """A code means something in one version of one standard only: A6 of RBA 7.0 is not A6 of RBA 8.0."""

    standard: str
    version: str
    code: str


class Complaint(NamedTuple):
    """What is wrong: `field` is `standard`, `code_version` or `provision`."""

    field: str
    message: str


Edition = tuple[str, str]
Catalogue = Mapping[Edition, Mapping[str, str]]
"""Standard and version -> code -> title, each in its own order."""


def editions(catalogue: Catalogue) -> str:
    """The standards and versions held, for people."""
    return ", ".join(f"{standard} {version}" for standard, version in catalogue)


def complaint(named: ProvisionName, catalogue: Catalogue) -> Complaint | None:
    """What is wrong with a provision's name, with the nearest valid ones, or None."""
    standard, version, code = named
    edition = catalogue.get((standard, version))
    if edition is None:
        field = "code_version" if any(standard == held for held, _ in catalogue) else "standard"
        return Complaint(field, f"there is no {standard} {version}; held are {editions(catalogue)}")
    if code in edition:
        return None
    message = f"{standard} {version} has no provision {code}"
    elsewhere = [held for held in catalogue if held[0] == standard and code in catalogue[held]]
    if elsewhere:
        message += f" ({', '.join(' '.join(held) for held in elsewhere)} has)"
    near = ", ".join(f"{name} {edition[name]}" for name in nearest(list(edition), code))
    return Complaint("provision", f"{message}; nearest: {near}")


def nearest(codes: Sequence[str], code: str) -> list[str]:
    """Which of these codes `code` may have been meant to be, likeliest first; at least one."""
    found = re.search(r"([A-Z])[^0-9A-Z]?0*(\d{1,9})", code.upper())
    if found:
        section, number = found[1], int(found[2])
        numbered = [(name, re.fullmatch(r"[A-Z](\d{1,9})", name)) for name in codes if name.startswith(section)]
        same_section = {name: abs(int(match[1]) - number) for name, match in numbered if match}
        if same_section:
            return sorted(same_section, key=lambda name: same_section[name])[:MOST_SUGGESTIONS]
    return difflib.get_close_matches(code.upper(), codes, MOST_SUGGESTIONS, cutoff=0.0) or list(codes[:1])
