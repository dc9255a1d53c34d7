"""Reading the attendance reports of Zoom and Teams, without a service around it. Everybody in them is invented."""

from datetime import UTC, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.engagement.domain import rules
from services.engagement.domain.attendance_reports import belonging, clock, layouts, people
from services.engagement.domain.attendance_reports.clock import Span
from services.engagement.domain.attendance_reports.people import Person
from shared.errors import Invalid

TAIPEI = ZoneInfo("Asia/Taipei")
BERLIN = ZoneInfo("Europe/Berlin")
FORUM = Span(datetime(2026, 4, 16, 5, 30, tzinfo=UTC), datetime(2026, 4, 16, 9, tzinfo=UTC))
HEADER = "Name (original name),Email,Join time,Leave time,Duration (minutes),Guest,In waiting room"
ROW = "Mei Lin,mei@acme.example,04/16/2026 01:30:00 PM,04/16/2026 02:30:00 PM,60,Yes,No"
WITH_MEETING = f"""Topic,ID,Host name,Host email,Duration (minutes),Start time,End time,Participants
Forum,123 4567 8901,Ann,ann@buyer.example,210,04/16/2026 01:25:00 PM,04/16/2026 05:00:00 PM,1

{HEADER}
{ROW}
"""
WEBINAR = """Attendee Report
Topic,Webinar ID,Actual Start Time,Actual Duration (minutes)
Forum,123 4567 8901,"Apr 16, 2026 1:30 PM",210
Panelist Details,
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest
Yes,Ann,ann@buyer.example,"Apr 16, 2026 1:30 PM","Apr 16, 2026 5:00 PM",210,No
Attendee Details,
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest
Yes,Mei Lin,mei@acme.example,"Apr 16, 2026 1:40 PM","Apr 16, 2026 2:00 PM",20,Yes
No,Absent One,absent@acme.example,--,--,--,--
"""
TEAMS = """1. Summary
Meeting title\tForum
Attended participants\t3
Start time\t4/16/26, 1:25:00 PM
End time\t4/16/26, 5:00:00 PM

2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
Mei Lin\t4/16/26, 1:30:00 PM\t4/16/26, 3:30:00 PM\t1h 30m\t\tmei_acme.example#EXT#@buyer.example\tPresenter
Bo Chen\t4/16/26, 1:31:00\u202fPM\t4/16/26, 2:31:00\u202fPM\t1h\tbo@plastics.example\tbo@plastics.example\tAttendee
Ann\t4/16/26, 1:25:00 PM\t4/16/26, 5:00:00 PM\t3h 35m\tann@buyer.example\tann@buyer.example\tOrganizer

3. In-Meeting Activities
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole
Mei Lin\t4/16/26, 1:30:00 PM\t4/16/26, 2:30:00 PM\t1h\t\tPresenter
Mei Lin\t4/16/26, 3:00:00 PM\t4/16/26, 3:30:00 PM\t30m\t\tPresenter
Ann\t4/16/26, 1:25:00 PM\t4/16/26, 5:00:00 PM\t3h 35m\tann@buyer.example\tOrganizer
"""
FIRST_TEAMS = """Meeting Summary
Total Number of Participants\t1
Full Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole\tParticipant ID (UPN)
Mei Lin\t4/16/2026, 1:30:00 PM\t4/16/2026, 2:30:00 PM\t1h\tmei@acme.example\tAttendee\tmei@acme.example
"""


def gathered(text: str, zone: ZoneInfo = TAIPEI, order: str = "us", event: Span = FORUM) -> dict[str, Person]:
    """The people of a report by what identifies them."""
    _, stays = layouts.read_report(text, order)
    return {one.email or " ".join(one.name.split()).casefold(): one for one in people.gather(stays, zone, event)}


def zoom(*rows: str) -> str:
    return "\n".join((HEADER, *rows))


@pytest.mark.parametrize("text", [zoom(ROW), WITH_MEETING, "\r\n".join(WITH_MEETING.splitlines()), FIRST_TEAMS])
def test_a_report_tells_who_was_there_from_when_to_when(text: str) -> None:
    [mei] = gathered(text).values()
    assert (mei.name, mei.email, mei.seconds) == ("Mei Lin", "mei@acme.example", 3600)
    assert mei.whole == Span(FORUM.start, datetime(2026, 4, 16, 6, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "layout"), [(WITH_MEETING, "zoom"), (WEBINAR, "zoom"), (TEAMS, "teams"), (FIRST_TEAMS, "teams")]
)
def test_whose_report_it_is_is_seen_from_its_columns(text: str, layout: str) -> None:
    assert layouts.read_report(text)[0] == layout


def test_of_a_webinar_panelists_and_attendees_count_and_the_absent_do_not() -> None:
    found = gathered(WEBINAR)
    assert {key: one.seconds for key, one in found.items()} == {"ann@buyer.example": 12600, "mei@acme.example": 1200}


@pytest.mark.parametrize("delimiter", ["\t", ","])
def test_teams_tells_each_stay_and_of_some_only_the_first_and_last_time(delimiter: str) -> None:
    lines = [line.split("\t") for line in TEAMS.splitlines()]
    quoted = ['"' + f'"{delimiter}"'.join(cells) + '"' for cells in lines]
    found = gathered(TEAMS if delimiter == "\t" else "\n".join(quoted))
    assert {key: one.seconds for key, one in found.items()} == {
        "mei@acme.example": 5400,
        "ann@buyer.example": 12900,
        "bo@plastics.example": 3600,
    }
    assert found["mei@acme.example"].whole == Span(FORUM.start, datetime(2026, 4, 16, 7, 30, tzinfo=UTC))


def test_teams_sections_have_the_same_columns_in_every_language() -> None:
    text = """1. Resumo
Título da reunião\tFórum

2. Participantes
Nome\tPrimeiro ingresso\tÚltima saída\tDuração na reunião\tEmail\tID do participante (UPN)\tFunção
Mei Lin\t16/04/26, 13:30:00\t16/04/26, 15:30:00\t1h 30m\t\tmei@acme.example\tParticipante

3. Atividades na reunião
Nome\tHora de ingresso\tHora de saída\tDuração\tEmail\tFunção
Mei Lin\t16/04/26, 13:30:00\t16/04/26, 14:30:00\t1h\t\tParticipante
"""
    assert layouts.read_report(text, "eu")[0] == "teams"
    assert {key: one.seconds for key, one in gathered(text, order="eu").items()} == {"mei@acme.example": 3600}


@pytest.mark.parametrize(
    "header",
    [
        "名称(原始名称),用户电子邮件,加入时间,离开时间,持续时间(分钟),访客",
        "名稱 (原始名稱),使用者電子郵件,加入時間,離開時間,持續時間 (分鐘),訪客",
        "Name (Originalname),E-Mail,Beitrittszeit,Austrittszeit,Dauer (Minuten),Gast",
    ],
)
def test_zooms_participants_have_the_same_columns_in_every_language(header: str) -> None:
    meeting = "主题,会议号,开始,结束,时长\n论坛,123 4567 8901,04/16/2026 01:25:00 PM,04/16/2026 05:00:00 PM,210\n"
    rows = (
        "林美,mei@acme.example,04/16/2026 01:30:00 PM,04/16/2026 02:30:00 PM,60,是",
        "林美,mei@acme.example,2026/4/16 下午 03:00:00,2026/4/16 下午 03:30:00,30,是",
        "陈波,,04/16/2026 01:30:00 PM,04/16/2026 02:30:00 PM,60,是",
    )
    for text in ("\n".join([header, *rows]), "\n".join([meeting, header, *rows])):
        assert layouts.read_report(text)[0] == "zoom"
        assert {key: one.seconds for key, one in gathered(text).items()} == {"mei@acme.example": 5400, "陈波": 3600}


@pytest.mark.parametrize(
    "row",
    [
        "林美,mei@acme.example,60,是",
        "林美,no address,04/16/2026 01:30:00 PM,04/16/2026 02:30:00 PM,60,是",
        "林美,,04/16/2026 01:30:00 PM,04/16/2026 02:30:00 PM,long,是",
        "林美,,04/16/2026 02:30:00 PM,04/16/2026 01:30:00 PM,60,是",
        ",,04/16/2026 01:30:00 PM,04/16/2026 02:30:00 PM,60,是",
        "林美,,yesterday,today,60,是",
    ],
)
def test_what_only_resembles_them_is_refused(row: str) -> None:
    with pytest.raises(Invalid) as refused:
        layouts.read_report(f"甲,乙,丙,丁,戊,己\n{row}\n")
    assert refused.value.code == "report-layout"


def test_a_line_that_cannot_be_read_is_named_in_every_language() -> None:
    rows = "林美,,04/16/2026 01:30:00 PM,04/16/2026 02:30:00 PM,60,是\n陈波,,04/16/2026 01:30:00 PM,,60,是"
    with pytest.raises(Invalid, match="Line 3: has no leave time"):
        layouts.read_report(f"甲,乙,丙,丁,戊,己\n{rows}\n")


def test_who_joins_several_times_is_one_and_overlaps_count_once() -> None:
    found = gathered(
        zoom(
            ROW,
            "Mei (phone),MEI@acme.example,04/16/2026 02:00:00 PM,04/16/2026 02:45:00 PM,45,Yes,No",
            "Mei Lin,mei@acme.example,04/16/2026 04:00:00 PM,04/16/2026 04:10:00 PM,10,Yes,No",
            "Bo Chen,,04/16/2026 02:00:00 PM,04/16/2026 02:10:00 PM,10,Yes,No",
            "bo  chen,,04/16/2026 02:05:00 PM,04/16/2026 02:15:00 PM,10,Yes,No",
        )
    )
    assert {key: one.seconds for key, one in found.items()} == {"mei@acme.example": 75 * 60 + 600, "bo chen": 900}


def test_the_waiting_room_is_not_the_meeting() -> None:
    waiting = "Eve,eve@acme.example,04/16/2026 01:00:00 PM,04/16/2026 01:30:00 PM,30,Yes,Yes"
    assert "eve@acme.example" not in gathered(zoom(ROW, waiting))


def test_who_left_before_it_began_or_came_after_it_ended_was_not_there() -> None:
    found = gathered(
        zoom(
            "Early,,04/16/2026 01:00:00 PM,04/16/2026 01:20:00 PM,20,Yes,No",
            "Late,,04/16/2026 05:00:00 PM,04/16/2026 05:10:00 PM,10,Yes,No",
            "Brief,,04/16/2026 02:00:00 PM,04/16/2026 02:00:00 PM,0,Yes,No",
            "Long,,04/15/2026 05:40:00 PM,04/17/2026 12:00:00 PM,2500,Yes,No",
        )
    )
    assert [one.whole is None for one in found.values()] == [True, True, True, False]
    long = found["long"].whole
    assert long is not None
    assert (FORUM.start - long.start, long.end - FORUM.end) == ((rules.MARGIN,) * 2)


def test_the_same_clock_time_is_another_moment_in_another_zone() -> None:
    row = "Kai,,04/16/2026 07:30:00 AM,04/16/2026 08:30:00 AM,60,Yes,No"
    assert gathered(zoom(row), BERLIN)["kai"].whole == Span(FORUM.start, datetime(2026, 4, 16, 6, 30, tzinfo=UTC))


def test_an_hour_that_clocks_show_twice_is_taken_for_the_shortest_stay_in_the_event() -> None:
    event = Span(datetime(2026, 10, 25, 1, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, 0, tzinfo=UTC))
    row = "Kai,,10/25/2026 02:10:00 AM,10/25/2026 02:50:00 AM,40,Yes,No"
    over = "Zoe,,10/25/2026 02:50:00 AM,10/25/2026 02:10:00 AM,20,Yes,No"
    found = gathered(zoom(row, over), BERLIN, event=event)
    assert found["kai"].whole == Span(event.start.replace(minute=10), event.start.replace(minute=50))
    assert found["zoe"].seconds == 1200


def test_a_time_that_clocks_never_showed_is_refused() -> None:
    event = Span(datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 3, 29, 3, tzinfo=UTC))
    with pytest.raises(Invalid, match="Line 2: clocks in Europe/Berlin were set forward"):
        gathered(zoom("Kai,,03/29/2026 02:30:00 AM,03/29/2026 03:30:00 AM,60,Yes,No"), BERLIN, event=event)


@pytest.mark.parametrize(
    ("text", "order", "read"),
    [
        ("04/03/2026 01:05:09 PM", "us", (2026, 4, 3, 13, 5, 9)),
        ("04/03/2026 01:05:09 PM", "eu", (2026, 3, 4, 13, 5, 9)),
        ("3.4.2026 13:05", "eu", (2026, 4, 3, 13, 5, 0)),
        ("11/22/26, 9:00:12\u202fAM", "us", (2026, 11, 22, 9, 0, 12)),
        ("11/22/26, 12:00 am", "us", (2026, 11, 22, 0, 0, 0)),
        ("Nov 22, 2026 12:00:00 PM", "us", (2026, 11, 22, 12, 0, 0)),
        ("November 22, 2026, 21:00:00", "eu", (2026, 11, 22, 21, 0, 0)),
        ("2026/11/22 下午 9:00:00", "us", (2026, 11, 22, 21, 0, 0)),
        ("2026/11/22 上午12:05", "us", (2026, 11, 22, 0, 5, 0)),
        ("2026-11-22 21:00:00", "us", (2026, 11, 22, 21, 0, 0)),
    ],
)
def test_times_are_read_in_the_order_that_is_said(text: str, order: str, read: tuple[int, ...]) -> None:
    assert clock.read_wall_time(text, order).timetuple()[:6] == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "--",
        "yesterday",
        "16/04/2026",
        "04/16/2026 25:00",
        "04/16/2026 13:00 PM",
        "Foo 3, 2026 12:00",
        "0/0/0 0:00",
        "12/31/9999 11:59 PM",
        "1999-01-01 00:00",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time|lies not in|does not exist|no such clock"):
        clock.read_wall_time(text, "us")


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (zoom("Mei,,16/04/2026 01:30:00 PM,16/04/2026 02:30:00 PM,60,Yes,No"), "Line 2: .*perhaps date_format=eu"),
        (zoom(ROW, "Mei,,04/16/2026 01:30:00 PM,,60,Yes,No"), "Line 3: has no leave time"),
        (zoom(ROW, ",,04/16/2026 01:30:00 PM,04/16/2026 01:30:00 PM,0,Yes,No"), "Line 3: has neither name"),
        (zoom("Mei,,04/16/2026 02:30:00 PM,04/16/2026 01:30:00 PM,60,Yes,No"), "Line 2: the leave time lies before"),
        (zoom("Mei,,04/18/2026 01:30:00 PM,04/18/2026 02:30:00 PM,60,Yes,No"), "Line 2: .*more than a day away"),
        (zoom(), "Nobody was in this meeting"),
        ("Name (Original Name),User Email,Total Duration (Minutes),Guest\nMei,,60,Yes", "no attendance report of Zoom"),
        ("finding_ref,severity\nF1,major", "no attendance report of Zoom"),
        ("", "no attendance report of Zoom"),
        (zoom(ROW.replace("Mei", "M\0i")), "The file is no text"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_line(report: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        gathered(report)
    assert_matches(message, refused.value.detail)


def assert_matches(pattern: str, text: str) -> None:
    with pytest.raises(ValueError, match=pattern):
        raise ValueError(text)


def test_a_refused_time_is_repeated_only_in_part() -> None:
    with pytest.raises(ValueError, match="is no time") as refused:
        clock.read_wall_time("x" * 5000, "us")
    assert len(str(refused.value)) < 120


def person(name: str = "Mei Lin", email: str = "", *codes: str) -> Person:
    return Person(name, email, frozenset(codes), None, 0)


ACME, PLASTICS = uuid4(), uuid4()


@pytest.mark.parametrize(
    ("who", "supplier"),
    [
        (person("[S0042] Mei Lin"), ACME),
        (person("Mei Lin [S0042]"), ACME),
        (person("S0042 - Mei Lin"), ACME),
        (person("S0042_Mei Lin"), ACME),
        (person("S-7 - Bo Chen"), PLASTICS),
        (person("S0042-Mei Lin"), None),
        (person("Mei - S0042"), None),
        (person("Mei Lin", "", "S0042"), ACME),
        (person("S-7 - Bo", "", "S0042"), ACME),
        (person("[S0042] [S-7] Bo"), None),
        (person("S9999 - Mei", "mei@acme.example"), ACME),
        (person("S-7 - Bo", "bo@acme.example"), None),
        (person("Bo", "bo@acme.example", "S-7"), None),
        (person("S0042 - Mei", "mei@acme.example"), ACME),
        (person("S0042 - Mei", "mei@shared.example"), ACME),
        (person("S0042 - Mei", "mei@buyer.example"), ACME),
        (person("S-7 - Bo", "bo@gmail.com"), PLASTICS),
        (person("Mei", "mei@mail.acme.example"), None),
        (person("Mei", "mei@shared.example"), None),
        (person("Mei", "mei@gmail.com"), None),
        (person("Mei"), None),
    ],
)
def test_code_and_mail_domain_tell_whose_person_it_is_unless_they_contradict_each_other(
    who: Person, supplier: UUID | None
) -> None:
    domains = {
        "acme.example": frozenset({ACME}),
        "shared.example": frozenset({ACME, PLASTICS}),
        "gmail.com": frozenset({ACME}),
    }
    assert belonging.supplier_of(who, {"S0042": ACME, "S-7": PLASTICS}, None, domains) == supplier


@pytest.mark.parametrize(
    ("who", "supplier"),
    [
        (Person("Mei", "mei@gmail.com", frozenset(), None, 0), ACME),
        (Person("Mei", "mei@plastics.example", frozenset(), None, 0), ACME),
        (Person("[S0042] Mei", "mei@gmail.com", frozenset(), None, 0), ACME),
        (Person("[S-7] Mei", "mei@gmail.com", frozenset(), None, 0), None),
    ],
)
def test_whose_an_invited_address_is_is_known_unless_its_code_says_otherwise(
    who: Person, supplier: UUID | None
) -> None:
    domains = {"plastics.example": frozenset({PLASTICS})}
    assert belonging.supplier_of(who, {"S0042": ACME, "S-7": PLASTICS}, ACME, domains) == supplier


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (" Mei@Acme.example ", "mei@acme.example"),
        ("mei_lin_acme.example#EXT#@buyer.onmicrosoft.com", "mei_lin@acme.example"),
        ("8:teamsvisitor:1a2b", ""),
        ("@acme.example", ""),
    ],
)
def test_an_address_is_read_as_it_is_at_home(given: str, read: str) -> None:
    assert people.address_of(given) == read
