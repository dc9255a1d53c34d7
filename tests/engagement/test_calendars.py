"""Calendar files say what was meant, whatever people wrote, and in the form that calendars demand."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.engagement.domain import calendars
from services.engagement.domain.calendars import Attendee, Entry
from services.engagement.domain.replies import places_left, taken_in
from tests.engagement.inviting import planned
from tests.stage import Stage

ID = UUID("0198c0de-0000-7000-8000-000000000001")
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
STARTS = datetime(2026, 12, 3, 14, 0, tzinfo=ZoneInfo("Asia/Taipei"))
TRICKY = "人權論壇，第二場；費用, 工時\\n\n\r\n\t😀👩‍👩‍👧 \\, \\; : \" ' BEGIN:VEVENT\nEND:VCALENDAR" + "議程" * 60


def entry(title: str = "Forum", description: str = "", location: str | None = None) -> Entry:
    return Entry(
        uid=calendars.uid_of(ID, "Bellwether <events@bellwether.example>"),
        sequence=3,
        title=title,
        starts_at=STARTS,
        ends_at=STARTS + timedelta(hours=2),
        description=description,
        location=location,
        url="https://meet.example/j/1?a=b;c,d",
        organizer="Bellwether <events@bellwether.example>",
        written_at=NOW,
        changed_at=NOW,
    )


def only_event(file: bytes) -> icalendar.Event:
    calendar = icalendar.Calendar.from_ical(file)
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    assert event.errors == []
    return event


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=2000), st.text(max_size=300), st.text(max_size=100))
@example(TRICKY, TRICKY, TRICKY, TRICKY)
@example("x" * 74 + "議", "\r\r\n\n\r", "\x00\x0b\x85\u2028", '"^n";:,')
def test_whatever_people_write_is_read_back_as_it_was_written(
    title: str, description: str, location: str, name: str
) -> None:
    file = calendars.write(
        entry(title, description, location), "REQUEST", Attendee(name, "amy@amy.example", "NEEDS-ACTION")
    )
    event = only_event(file)
    assert event.get("summary", "") == calendars.on_one_line(title)
    assert event.get("description", "") == calendars.plain(description)
    assert event.get("location", "") == calendars.on_one_line(location)
    assert event["attendee"] == "mailto:amy@amy.example"
    assert event["attendee"].params.get("CN", "") == calendars.on_one_line(name).replace('"', "'").replace("\\", "/")
    lines = file.split(b"\r\n")
    assert lines[-1] == b""
    assert b"\n" not in file.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in lines)
    assert [line for line in lines if line.startswith(b"BEGIN:")] == [b"BEGIN:VCALENDAR", b"BEGIN:VEVENT"]


def test_a_request_holds_what_calendars_need() -> None:
    file = calendars.write(entry(), "REQUEST", Attendee("Amy", "amy@amy.example", "ACCEPTED"))
    event = only_event(file)
    assert b"\r\nDTSTART:20261203T060000Z\r\n" in file
    assert b"\r\nDTEND:20261203T080000Z\r\n" in file
    assert b"\r\nDTSTAMP:20261120T080000Z\r\n" in file
    assert (event["uid"], event["sequence"], event["status"], event["class"]) == (
        f"{ID}@bellwether.example",
        3,
        "CONFIRMED",
        "PUBLIC",
    )
    assert event["url"] == "https://meet.example/j/1?a=b;c,d"
    assert event["organizer"].params["CN"] == "Bellwether"
    assert event["attendee"].params["PARTSTAT"] == "ACCEPTED"
    assert "VALARM" not in file.decode()


def test_a_published_event_names_nobody_and_a_cancelled_one_says_so() -> None:
    published = calendars.write(entry(), "PUBLISH")
    assert b"ATTENDEE" not in published
    assert b"METHOD:PUBLISH" in published
    cancelled = only_event(calendars.write(entry(), "CANCEL", Attendee("", "amy@amy.example")))
    assert (cancelled["status"], "CN" in cancelled["attendee"].params) == ("CANCELLED", False)


@pytest.mark.parametrize(
    ("uid", "found"),
    [
        (f"{ID}@bellwether.example", ID),
        (f" {str(ID).upper()}@elsewhere.example ", ID),
        (str(ID), ID),
        ("040000008200E00074C5B7101A82E008@outlook", None),
        ("", None),
    ],
)
def test_a_uid_names_an_event_or_none(uid: str, found: UUID | None) -> None:
    assert calendars.event_of(uid) == found


@pytest.mark.parametrize(
    ("held", "answer", "left", "taken"),
    [
        ("needs_action", "accepted", None, "accepted"),
        ("needs_action", "accepted", 1, "accepted"),
        ("declined", "accepted", 0, "waiting"),
        ("accepted", "accepted", 0, "accepted"),
        ("waiting", "accepted", 1, "waiting"),
        ("waiting", "declined", 0, "declined"),
        ("accepted", "tentative", 0, "tentative"),
    ],
)
def test_an_answer_gets_a_place_where_there_is_one(held: str, answer: str, left: int | None, taken: str) -> None:
    assert taken_in(held, answer, left) == taken  # type: ignore[arg-type]


def test_there_are_never_fewer_than_no_places() -> None:
    assert [places_left(None, 7), places_left(5, 3), places_left(5, 9)] == [None, 2, 0]


async def test_an_event_is_fetched_as_a_calendar_file_without_those_invited(stage: Stage) -> None:
    event = await planned(stage, title="人權論壇", agenda=[{"title": "招募費用"}])
    async with stage.machine("engagement", "engagement:read") as client:
        answer = await client.get(f"/v1/events/{event['id']}/calendar.ics")
        missing = await client.get("/v1/events/00000000-0000-7000-8000-000000000000/calendar.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    found = only_event(answer.content)
    assert found["summary"] == "人權論壇"
    assert "招募費用" in found["description"]
    assert "Language: 繁體中文" in found["description"]
    assert "attendee" not in found
    assert missing.status_code == 404
