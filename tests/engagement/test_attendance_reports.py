"""Attendance reports of meeting tools over HTTP. Everybody in them is invented."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.engagement import tasks
from services.engagement.service.attendance.reports import Forgetting
from tests.engagement.inviting import add_contact, invitations, invite, planned
from tests.engagement.mailed import move
from tests.engagement.programme import attend, create_event, told
from tests.stage import Stage

HEADER = "Name (original name),Email,Join time,Leave time,Duration (minutes),Guest,In waiting room"
REPORT = f"""{HEADER}
Mei Lin,mei@acme.example,04/16/2026 01:40:00 PM,04/16/2026 02:00:00 PM,20,Yes,No
Mei Lin,mei@acme.example,04/16/2026 01:50:00 PM,04/16/2026 02:40:00 PM,50,Yes,No
S2 - Bo Chen,,04/16/2026 01:30:00 PM,04/16/2026 05:00:00 PM,210,Yes,No
Zoe Secret,zoe.secret@gmail.com,04/16/2026 01:30:00 PM,04/16/2026 02:30:00 PM,60,Yes,No
Ann Buyer,ann@buyer.example,04/16/2026 01:20:00 PM,04/16/2026 05:05:00 PM,225,No,No
Too Early,early@acme.example,04/16/2026 01:00:00 PM,04/16/2026 01:10:00 PM,10,Yes,No
"""
TEAMS = """1. Summary
Meeting title\tForum

2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
Mei Lin\t4/16/26, 7:30:00 AM\t4/16/26, 8:30:00 AM\t1h\tmei@acme.example\tmei@acme.example\tPresenter
[S2] 陈波\t4/16/26, 7:31:00 AM\t4/16/26, 8:31:00 AM\t1h\t\t\tAttendee
"""


async def create_suppliers(stage: Stage) -> dict[str, str]:
    """S1 with the domain acme.example, S2 without one; known to engagement by the feed."""
    ids = {}
    async with stage.machine("registry") as client:
        for code, email in (("S1", "office@acme.example"), ("S2", None)):
            answer = await client.post("/v1/suppliers", json={"code": code, "name": code, "email": email})
            assert answer.status_code == 201, answer.text
            ids[code] = answer.json()["id"]
    follower = tasks.follower(stage.resources("engagement"))
    while await follower.pull("registry"):
        pass
    return ids


async def post(
    client: httpx.AsyncClient,
    event: dict[str, Any],
    data: str | bytes = REPORT,
    *,
    content_type: str = "text/csv",
    **params: str,
) -> httpx.Response:
    content = data.encode() if isinstance(data, str) else data
    url = f"/v1/events/{event['id']}/attendance-reports"
    return await client.post(url, content=content, params=params, headers={"Content-Type": content_type})


def problem(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


async def people_in(client: httpx.AsyncClient, report: httpx.Response, **params: str) -> list[dict[str, Any]]:
    answer = await client.get(f"{report.headers['location']}/people", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def attendances_of(client: httpx.AsyncClient, event: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/v1/events/{event['id']}/attendances")).json()["items"]
    return found


async def test_who_is_mapped_by_domain_or_code_attends_and_the_others_are_listed(stage: Stage) -> None:
    await create_suppliers(stage)
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        report = await post(client, event)
        assert report.status_code == 201, report.text
        body = report.json()
        read = await client.get(report.headers["location"])
        listed = await client.get(f"/v1/events/{event['id']}/attendance-reports")
        undecided = await people_in(client, report, state="undecided")
        everybody = await people_in(client, report)
        attended = await attendances_of(client, event)
        times = (await client.get(f"/v1/events/{event['id']}")).json()["person_times"]
    assert {name: body[name] for name in ("layout", "people", "mapped", "undecided", "ignored")} == {
        "layout": "zoom", "people": 5, "mapped": 2, "undecided": 2, "ignored": 1,
    }  # fmt: skip
    assert (read.json(), listed.json()["items"]) == (body, [body])
    assert [(one["name"], one["email"], one["seconds"]) for one in undecided] == [
        ("Zoe Secret", "zoe.secret@gmail.com", 3600),
        ("Ann Buyer", "ann@buyer.example", 13500),
    ]
    assert [(one["supplier_code"], one["joined_at"], one["left_at"]) for one in attended] == [
        ("S1", "2026-04-16T05:40:00Z", "2026-04-16T06:40:00Z"),
        ("S2", "2026-04-16T05:30:00Z", "2026-04-16T09:00:00Z"),
    ]
    decided = [one for one in everybody if one["state"] != "undecided"]
    assert {(one["state"], one["name"], one["email"]) for one in decided} == {
        ("mapped", None, None),
        ("ignored", None, None),
    }
    assert {one["attendance_id"] for one in decided if one["state"] == "mapped"} == {one["id"] for one in attended}
    assert [one["seconds"] for one in decided if one["attendance_id"] == attended[0]["id"]] == [3600]
    assert times == 2


async def test_whoever_was_invited_is_known_by_the_address_wherever_the_mailbox_is(stage: Stage) -> None:
    ids = await create_suppliers(stage)
    await add_contact(stage, ids["S2"], "Zoe.Secret@gmail.com")
    async with stage.machine("engagement") as client:
        event = await planned(stage)
        figures = await invite(stage, event)
        await move(stage, event, -20)
        starts_at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=10)
        times = ",".join(f"{starts_at + timedelta(minutes=n):%m/%d/%Y %I:%M:%S %p}" for n in (5, 65))
        rows = (f"Zoe,zoe.secret@gmail.com,{times},60,Yes,No", f"Yan,yan@gmail.com,{times},60,Yes,No")
        report = await post(client, event, "\n".join([HEADER, *rows]), time_zone="UTC")
        assert report.status_code == 201, report.text
        attended = await attendances_of(client, event)
    assert figures["people"] == 1
    assert (report.json()["mapped"], report.json()["undecided"]) == (1, 1)
    assert [one["supplier_code"] for one in attended] == ["S2"]
    assert {name: one["attended"] for name, one in (await invitations(stage, event)).items()} == {"s2": "person"}


async def test_a_report_of_teams_is_read_in_its_own_encoding_and_time_zone(stage: Stage) -> None:
    await create_suppliers(stage)
    async with stage.machine("engagement") as client:
        for ref, data, charset in (
            ("A", TEAMS.encode("utf-16"), ""),
            ("B", TEAMS.encode(), ""),
            ("C", TEAMS.encode("utf-8-sig"), ""),
            ("D", TEAMS.encode("utf-16"), "; charset=utf-16"),
        ):
            event = await create_event(client, event_ref=ref)
            report = await post(client, event, data, content_type=f"text/csv{charset}", time_zone="Europe/Berlin")
            assert report.status_code == 201, report.text
            assert (report.status_code, report.json()["layout"], report.json()["mapped"]) == (201, "teams", 2), ref
            assert [(one["supplier_code"], one["joined_at"]) for one in await attendances_of(client, event)] == [
                ("S1", "2026-04-16T05:30:00Z"),
                ("S2", "2026-04-16T05:31:00Z"),
            ]


async def test_the_same_report_again_changes_nothing_and_an_overlapping_one_doubles_nobody(stage: Stage) -> None:
    await create_suppliers(stage)
    longer = f"{HEADER}\nMei,MEI@acme.example,04/16/2026 02:30:00 PM,04/16/2026 03:30:00 PM,60,Yes,No\n"
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        first, again = await post(client, event), await post(client, event)
        before = await attendances_of(client, event)
        version = (await client.get(f"/v1/events/{event['id']}")).json()["version"]
        second = await post(client, event, longer)
        after = await attendances_of(client, event)
        participations = await told(client, "participation")
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert version == 2
    assert second.status_code == 201
    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert (after[0]["joined_at"], after[0]["left_at"], after[0]["version"]) == (
        "2026-04-16T05:40:00Z", "2026-04-16T07:30:00Z", 2,
    )  # fmt: skip
    assert len(participations) == 2


async def test_undecided_people_are_assigned_or_ignored_and_then_forgotten(stage: Stage) -> None:
    ids = await create_suppliers(stage)
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        report = await post(client, event)
        zoe, ann = await people_in(client, report, state="undecided")
        url, match = f"{report.headers['location']}/people", {"If-Match": '"1"'}
        bare = await client.post(f"{url}/{zoe['id']}/assign", json={"supplier_code": "S2"})
        unknown = await client.post(f"{url}/{zoe['id']}/assign", json={"supplier_code": "NO"}, headers=match)
        stale = await client.post(
            f"{url}/{zoe['id']}/assign", json={"supplier_code": "S2"}, headers={"If-Match": '"9"'}
        )
        assigned = await client.post(f"{url}/{zoe['id']}/assign", json={"supplier_id": ids["S2"]}, headers=match)
        told_off = await client.post(f"{url}/{ann['id']}/ignore", json={"reason": "Ann is ours"}, headers=match)
        ignored = await client.post(f"{url}/{ann['id']}/ignore", json={"reason": "own_staff"}, headers=match)
        again = await client.post(f"{url}/{ann['id']}/ignore", json={"reason": "own_staff"}, headers={"If-Match": "*"})
        attended = await attendances_of(client, event)
        body = (await client.get(report.headers["location"])).json()
        # The same address is the same person in a later report, also where it is mapped by hand.
        other = await post(client, event, REPORT.replace("Too Early", "Very Early"))
        same = (await people_in(client, other, state="undecided"))[0]
        url = f"{other.headers['location']}/people/{same['id']}/assign"
        once_more = await client.post(url, json={"supplier_code": "S2"}, headers=match)
        assert len(await attendances_of(client, event)) == 3
    assert (bare.status_code, unknown.status_code, stale.status_code, told_off.status_code) == (428, 422, 412, 422)
    assert (assigned.status_code, ignored.status_code, again.status_code) == (200, 200, 409)
    assert (problem(again), once_more.status_code) == ("already-decided", 200)
    assert [(one["state"], one["name"], one["email"], one["version"]) for one in (assigned.json(), ignored.json())] == [
        ("mapped", None, None, 2),
        ("ignored", None, None, 2),
    ]
    assert assigned.json()["attendance_id"] == attended[2]["id"] == once_more.json()["attendance_id"]
    assert (attended[2]["supplier_code"], attended[2]["persons"]) == ("S2", 1)
    assert (body["mapped"], body["undecided"], body["ignored"], body["version"]) == (3, 0, 2, 3)


async def test_names_are_forgotten_after_thirty_days_without_a_decision(stage: Stage) -> None:
    await create_suppliers(stage)
    forgetting = Forgetting(stage.resources("engagement").database)
    now = datetime.now(UTC)
    async with stage.machine("engagement") as client:
        report = await post(client, await create_event(client))
        done = [await forgetting.forget(now + timedelta(days=days)) for days in (29, 31, 31)]
        body = (await client.get(report.headers["location"])).json()
        everybody = await people_in(client, report)
    assert done == [0, 1, 0]
    assert (body["undecided"], body["ignored"], body["version"]) == (0, 3, 2)
    assert all(one["name"] is None and one["email"] is None for one in everybody)


async def test_no_feed_no_log_and_no_table_but_that_of_undecided_people_knows_who_was_there(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    await create_suppliers(stage)
    async with stage.machine("engagement") as client:
        report = await post(client, await create_event(client))
        zoe, ann = await people_in(client, report, state="undecided")
        for one, path, body in (
            (zoe, "assign", {"supplier_code": "S1"}),
            (ann, "ignore", {"reason": "own_staff"}),
        ):
            url = f"{report.headers['location']}/people/{one['id']}/{path}"
            assert (await client.post(url, json=body, headers={"If-Match": '"1"'})).status_code == 200
        feed = (await client.get("/v1/feed", params={"limit": 5000})).json()
        log = (await client.get("/v1/audit-log", params={"limit": 200})).json()
        reports = await told(client, "attendance_report")
    kept = [
        str([tuple(row) for row in await stage.psql("engagement", f"SELECT * FROM {table}")])
        for table in ("attendance", "attendance_report", "reported_person", "task", "idempotency_key")
    ]
    output = capfd.readouterr()
    said = str((feed, log, kept, output.out, output.err)).lower()
    assert "own_staff" in said
    for word in ("zoe", "secret", "ann buyer", "mei lin", "acme.example", "bo chen", "too early"):
        assert word not in said
    assert [one["type"] for one in reports] == [
        "attendance_report.recorded", "attendance_report.decided", "attendance_report.decided",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "params", "status", "code"),
    [
        (REPORT, {"date_format": "eu"}, 422, "report-line"),
        (REPORT, {"time_zone": "Mars/Olympus"}, 422, "validation-error"),
        (REPORT.replace("04/16/2026", "05/16/2026"), {}, 422, "report-line"),
        ("finding_ref,severity\nF1,major\n", {}, 422, "report-layout"),
        (f"{HEADER}\n", {}, 422, "report-empty"),
        ("", {}, 422, "report-layout"),
        (REPORT.encode() + b"\xff\xfe\xfa,\n", {}, 422, "import-encoding"),
        (b"x" * (1024 * 1024 + 1), {}, 413, "too-large"),
    ],
)
async def test_what_is_no_report_on_this_event_is_refused_and_changes_nothing(
    stage: Stage, data: str | bytes, params: dict[str, str], status: int, code: str
) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        answer = await post(client, event, data, **params)
        listed = await client.get(f"/v1/events/{event['id']}/attendance-reports")
    assert (answer.status_code, problem(answer)) == (status, code), answer.text
    assert listed.json()["items"] == []


async def test_another_media_type_a_withdrawn_and_a_missing_event_are_refused(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        wrong = [await post(client, event, content_type=kind) for kind in ("application/json", xlsx)]
        missing = await post(client, {"id": "0197d7f0-0000-7000-8000-000000000000"})
        ahead = datetime.now(UTC) + timedelta(days=3)
        times = {"starts_at": ahead.isoformat(), "ends_at": (ahead + timedelta(hours=2)).isoformat()}
        early = await post(client, await create_event(client, event_ref="FRM-2", **times))
        await client.post(f"/v1/events/{event['id']}/withdraw", json={"reason": "-"}, headers={"If-Match": '"1"'})
        withdrawn = await post(client, event)
    assert [answer.status_code for answer in (*wrong, missing, early, withdrawn)] == [415, 415, 404, 422, 409]


async def test_a_domain_of_two_suppliers_maps_nobody_until_one_is_merged_into_the_other(stage: Stage) -> None:
    ids = await create_suppliers(stage)
    counts = []
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        for n, (domain, merged) in enumerate((("acme.example", None), ("acme.example", ids["S1"]))):
            query = "UPDATE supplier_copy SET email_domain = $1, merged_into = $2 WHERE code = 'S2' RETURNING id"
            await stage.psql("engagement", query, domain, merged)
            data = f"{HEADER}\nMei {n},mei@acme.example,04/16/2026 01:40:00 PM,04/16/2026 02:00:00 PM,20,Yes,No\n"
            counts.append((await post(client, event, data)).json()["mapped"])
    assert counts == [0, 1]


async def test_the_code_of_a_merged_supplier_maps_to_the_one_that_is_left(stage: Stage) -> None:
    ids = await create_suppliers(stage)
    await stage.psql(
        "engagement", "UPDATE supplier_copy SET merged_into = $1 WHERE code = 'S2' RETURNING id", ids["S1"]
    )
    data = f"{HEADER}\nS2 - Mei,mei@acme.example,04/16/2026 01:40:00 PM,04/16/2026 02:00:00 PM,20,Yes,No\n"
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        report = await post(client, event, data)
        attended = await attendances_of(client, event)
    assert (report.json()["mapped"], [one["supplier_code"] for one in attended]) == (1, ["S1"])


async def test_reports_are_no_suppliers_business_and_their_people_only_the_writers(stage: Stage) -> None:
    ids = await create_suppliers(stage)
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        report = (await post(client, event)).headers["location"]
        person = (await client.get(f"{report}/people", params={"state": "undecided"})).json()["items"][0]
    match = {"If-Match": '"1"'}
    async with stage.machine("engagement", "engagement:read", "engagement:write", supplier_id=ids["S1"]) as bound:
        for path in (f"/v1/events/{event['id']}/attendance-reports", report, f"{report}/people"):
            assert (await bound.get(path)).status_code == 404, path
        url = f"{report}/people/{person['id']}"
        answers = [
            await post(bound, event),
            await bound.post(f"{url}/assign", json={"supplier_code": "S1"}, headers=match),
            await bound.post(f"{url}/ignore", json={"reason": "speaker"}, headers=match),
        ]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
    async with stage.machine("engagement", "engagement:read") as reader:
        assert (await reader.get(report)).status_code == 200
        assert (await reader.get(f"{report}/people")).status_code == 403
        assert (await post(reader, event)).status_code == 403


async def test_a_repeated_post_with_its_key_and_a_report_beside_noted_attendances_agree(stage: Stage) -> None:
    await create_suppliers(stage)
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        await attend(client, event["id"], supplier_code="S1", persons=3)
        url, headers = (
            f"/v1/events/{event['id']}/attendance-reports",
            {"Content-Type": "text/csv", "Idempotency-Key": "k"},
        )
        first = await client.post(url, content=REPORT.encode(), headers=headers)
        second = await client.post(url, content=REPORT.encode(), headers=headers)
        times = (await client.get(f"/v1/events/{event['id']}")).json()["person_times"]
    assert (first.status_code, second.status_code, second.content) == (201, 201, first.content)
    assert times == 5


async def test_attendance_by_report_is_credited_in_the_suppliers_score(stage: Stage) -> None:
    ids = await create_suppliers(stage)
    times = {"starts_at": "2026-10-16T13:30:00+08:00", "ends_at": "2026-10-16T17:00:00+08:00"}
    async with stage.machine("engagement") as client:
        report = await post(client, await create_event(client, **times), REPORT.replace("04/16", "10/16"))
        assert report.status_code == 201, report.text
    await stage.settle()
    async with stage.machine("scoring") as client:
        credited = [(await client.get(f"/v1/scores/{ids[code]}")).json()["credit"] for code in ("S1", "S2")]
    assert credited == [0.5, 0.5]
