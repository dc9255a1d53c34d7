"""The layouts of Zoom's and Teams' reports: which of their lines tell of somebody joining and leaving."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from services.engagement.domain.attendance_reports import clock
from shared.errors import Invalid

DELIMITERS: Final = ("\t", ",", ";")
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "name": ("name (original name)", "user name (original name)", "name", "full name"),
        "email": ("email", "user email", "participant id (upn)", "registration email"),
        "joined": ("join time", "first join", "first join time"),
        "left": ("leave time", "last leave", "last leave time"),
        "code": ("supplier code", "supplier_code"),
        "waiting": ("in waiting room",),
        "attended": ("attended",),
    }
)
"""What columns are called, in small letters; of several the first that is filled counts."""

TEAMS_ONLY: Final = frozenset({"first join", "full name", "participant id (upn)"})
ZOOM, TEAMS = "zoom", "teams"
NUMBERED = re.compile(r"(\d+)\. ?\S")
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "2": ("name", "first join", "last leave", "in-meeting duration", "email", "participant id (upn)"),
        "3": ("name", "join time", "leave time", "duration", "email"),
    }
)
"""The first columns of Teams' numbered sections, which have the same order in every language."""

OF_ZOOM: Final = ("name", "email", "join time", "leave time", "duration (minutes)")
"""The first columns of Zoom's participants, taken to have the same order in every language."""

UNLIKE_BOTH: Final = (
    "This is no attendance report of Zoom or Teams with the times of joining and leaving: no line holds the columns "
    "Name, Join time and Leave time, nor, in another language, Zoom's first five in their order. Export Zoom's "
    "participants without 'Show unique users'."
)


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody's stay from joining to leaving, on the report's wall clock; `code` is that of its column, if any."""

    line: int
    name: str
    email: str
    code: str
    joined: datetime
    left: datetime


@dataclass(frozen=True, slots=True)
class Table:
    """The lines below one header, each with its number."""

    header: Mapping[str, int]
    lines: list[tuple[int, list[str]]]

    def stays(self, order: str) -> Iterator[Stay]:
        """Who joined and left; Invalid names a line that cannot be read."""
        for line, cells in self.lines:
            said = {field: self._cell(cells, names) for field, names in COLUMNS.items()}
            if said["waiting"].casefold() == "yes" or said["attended"].casefold() == "no":
                continue
            try:
                _refuse_nobody(said)
                joined, left = (_time(said, field, order) for field in ("joined", "left"))
            except ValueError as error:
                raise refusal(line, error) from None
            yield Stay(line, said["name"], said["email"], said["code"], joined, left)

    def _cell(self, cells: Sequence[str], names: Sequence[str]) -> str:
        places = [self.header[name] for name in names if name in self.header]
        return next((cells[place].strip() for place in places if place < len(cells) and cells[place].strip()), "")


def refusal(line: int, error: ValueError) -> Invalid:
    """What is answered where a line cannot be read."""
    return Invalid(f"Line {line}: {error}.", code="report-line")


def read_report(text: str, order: str = clock.DEFAULT_ORDER) -> tuple[str, list[Stay]]:
    """The layout of a report, and all stays in it; Invalid where it is none, or a line of it cannot be read."""
    if "\0" in text:
        raise Invalid("The file is no text, or in another encoding than it seems.", code="report-layout")
    for delimiter in DELIMITERS:
        layout, tables = _tables(_rows(text, delimiter))
        if not tables:
            continue
        if layout == ZOOM:
            # A webinar's hosts, panelists and attendees each have a table.
            return layout, [stay for table in tables for stay in table.stays(order)]
        people = list(tables[0].stays(order))
        return layout, _detailed(people, [stay for table in tables[1:] for stay in table.stays(order)])
    for delimiter in DELIMITERS:
        table = _table_in_any_language(_rows(text, delimiter), order)
        if table is not None:
            return ZOOM, list(table.stays(order))
    raise Invalid(UNLIKE_BOTH, code="report-layout")


def _detailed(people: Sequence[Stay], activities: Sequence[Stay]) -> list[Stay]:
    """The stays of Teams' third section, which tells each; of people who are only in the second, first to last time."""
    addresses: dict[str, set[str]] = {}
    for person in people:
        addresses.setdefault(person.name, set()).add(person.email)
    # Only the second section has the user name that stands for the address of some.
    stays = [
        replace(stay, email=next(iter(addresses[stay.name])))
        if not stay.email and len(addresses.get(stay.name, ())) == 1
        else stay
        for stay in activities
    ]
    told = {(stay.name, stay.email) for stay in stays}
    return [*stays, *(person for person in people if (person.name, person.email) not in told)]


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise refusal(reader.line_num, ValueError(str(error))) from None


def _tables(rows: Iterator[tuple[int, list[str]]]) -> tuple[str, list[Table]]:
    """The tables of stays, and whose report it is; headings, blank lines and other tables are passed over."""
    layout, section, tables, is_open = ZOOM, "", [], False
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        heading = NUMBERED.match(cells[0]) if not any(cell.strip() for cell in cells[1:]) else None
        header = {name.strip().casefold(): place for place, name in reversed(list(enumerate(cells)))}
        is_header = all(any(name in header for name in COLUMNS[field]) for field in ("name", "joined", "left"))
        if heading is not None:
            layout, section, is_open = TEAMS, heading[1], False
        elif is_header or (not is_open and len(cells) > len(SECTIONS.get(section, cells))):
            layout = TEAMS if TEAMS_ONLY & header.keys() else layout
            tables.append(Table(header if is_header else {name: n for n, name in enumerate(SECTIONS[section])}, []))
            is_open = True
        elif is_open and any(cell.strip() for cell in cells[1:]):
            tables[-1].lines.append((line, cells))
    return layout, tables


def _table_in_any_language(rows: Iterator[tuple[int, list[str]]], order: str) -> Table | None:
    """Zoom's participants below a header that nobody here can read: from the first line on that looks like one."""
    filled = [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]
    for n, (_, cells) in enumerate(filled):
        if len(cells) >= len(OF_ZOOM) and _is_stay(cells, order):
            return Table({name: place for place, name in enumerate(OF_ZOOM)}, filled[n:])
    return None


def _is_stay(cells: Sequence[str], order: str) -> bool:
    """Whether somebody is named there, perhaps with an address, when they joined and left, and for how many minutes."""
    name, email, joined, left, minutes = (cell.strip() for cell in cells[: len(OF_ZOOM)])
    try:
        span = clock.read_wall_time(joined, order), clock.read_wall_time(left, order)
    except ValueError:
        return False
    return bool(name or email) and (not email or "@" in email) and minutes.isdecimal() and span[0] <= span[1]


def _refuse_nobody(said: Mapping[str, str]) -> None:
    if not said["name"] and not said["email"]:
        raise ValueError("has neither name nor e-mail address")


def _time(said: Mapping[str, str], field: str, order: str) -> datetime:
    if not said[field]:
        raise ValueError(f"has no {'join' if field == 'joined' else 'leave'} time")
    return clock.read_wall_time(said[field], order)
