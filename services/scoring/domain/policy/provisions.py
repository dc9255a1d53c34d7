"""Whether the provisions that a policy's document maps exist, and which ones may have been meant."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from services.scoring.domain.policy.rules import ANY, ProvisionKey
from shared.errors import FieldError

MOST_SUGGESTIONS = 3
LIKELY = 0.5
"""From this likeness on, a name may have been meant."""

Edition = tuple[str, str]
Catalogue = Mapping[Edition, Collection[str]]
"""Standard and version -> the codes of its provisions, in their own order."""


def mapped_provisions(document: Mapping[str, Any]) -> dict[int, ProvisionKey]:
    """Return what the document maps, by place in its list; entries that are no provision at all are left out."""
    entries = document.get("provisions")
    found = {}
    for place, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, Mapping):
            written = [
                part for name in ProvisionKey._fields if isinstance(part := entry.get(name), str) and part.strip()
            ]
            if len(written) == len(ProvisionKey._fields):
                found[place] = ProvisionKey(*written)
    return found


def unknown_provisions(mapped: Mapping[int, ProvisionKey], catalogue: Catalogue) -> list[FieldError]:
    """Return a fault for each named provision that the catalogue does not have, with the nearest that it has."""
    return [fault for place, key in mapped.items() if key.provision != ANY for fault in _faults(place, key, catalogue)]


def unknown_editions(mapped: Mapping[int, ProvisionKey], catalogue: Catalogue) -> list[FieldError]:
    """Return a warning for each edition mapped as a whole that no finding can name (yet)."""
    return [
        FieldError(f"/provisions/{place}/{field}", f"no finding can name it yet: {detail}")
        for place, key in mapped.items()
        if key.provision == ANY
        for field, detail in _unknown_edition(key, catalogue)
    ]


def _faults(place: int, key: ProvisionKey, catalogue: Catalogue) -> Iterator[FieldError]:
    for field, detail in _unknown_edition(key, catalogue):
        yield FieldError(f"/provisions/{place}/{field}", detail)
    codes = catalogue.get((key.standard, key.version))
    if codes is not None and key.provision not in codes:
        near = _nearest(key.provision, codes)
        detail = f"{key.standard} {key.version} has no provision {key.provision}; nearest: {near}"
        yield FieldError(f"/provisions/{place}/provision", detail)


def _unknown_edition(key: ProvisionKey, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    if (key.standard, key.version) in catalogue:
        return
    versions = [version for standard, version in catalogue if standard == key.standard]
    if versions:
        yield "version", f"there is no {key.standard} {key.version}; held are {', '.join(versions)}"
    else:
        near = _nearest(key.standard, dict.fromkeys(standard for standard, _ in catalogue))
        yield "standard", f"there is no standard {key.standard}; nearest: {near}"


def _nearest(written: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(written, names, MOST_SUGGESTIONS, cutoff=LIKELY)
    return ", ".join(near or difflib.get_close_matches(written, names, 1, cutoff=0.0)) or "none is held"
