"""The published programme, from its opening balance to 4,423 person-times, 690 hours, over 90 % and over 340 views."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.audit.programme import ago
from tests.e2e.published import cast
from tests.e2e.published.forums import HOURS, addresses, left_out
from tests.e2e.published.year import LEAVES_THE_LIST, ROBOTS_KEY, Year, live
from tests.engagement.inviting import entry_in, text_of
from tests.engagement.robots import receiver
from tests.shared.smtp_sink import smtp_sink
from tests.stage import Stage

PERIOD = {"from": ago(364), "to": ago(0)}


@pytest.fixture(scope="module")
async def year(whole_stage: Stage) -> AsyncIterator[Year]:
    """One year, that all tests look at."""
    await whole_stage.clear()
    with smtp_sink() as sink:
        async with receiver() as wecom:
            yield await live(whole_stage, sink, wecom)
    await whole_stage.quiet()


async def test_the_summary_is_the_published_one(year: Year) -> None:
    found = await year.read("engagement", "/v1/summary", **PERIOD)
    period, cumulative = found["period"], found["cumulative"]
    assert (found["opening_balance"]["person_times"], found["opening_balance"]["session_hours"]) == (4037, 669)
    assert (period["person_times"], period["session_hours"]) == (386, 21)
    assert (cumulative["person_times"], cumulative["session_hours"]) == (4423, 690)
    assert cumulative["course_views"] == 343
    # 66 of 70 and 57 of 60 at the forums, 100 of 104 at the support meetings
    assert (period["satisfaction_n"], period["satisfaction_percent"]) == (234, 95.3)
    assert period["satisfaction_interval"] == [91.78, 97.36]


async def test_the_figures_of_events_suppliers_and_topics_add_up_to_it(year: Year) -> None:
    period = (await year.read("engagement", "/v1/summary", **PERIOD))["period"]
    events = (await year.read("engagement", "/v1/events"))["items"]
    of_events = [await year.read("engagement", f"/v1/events/{one['id']}/summary") for one in events]
    groups = {
        by: (await year.read("engagement", "/v1/summary", **PERIOD, group_by=by))["groups"]
        for by in ("supplier", "topic", "kind")
    }
    for figures in (of_events, *groups.values()):
        assert sum(one["person_times"] for one in figures) == 386
        assert sum(one["satisfaction_n"] for one in figures) == 234
        assert sum(one["person_hours"] for one in figures) == pytest.approx(period["person_hours"], abs=0.2)
    for figures in (of_events, groups["topic"], groups["kind"]):
        assert sum(one["session_hours"] for one in figures) == 21
    assert {one["key"]: one["person_times"] for one in groups["kind"]} == {"forum": 282, "support_meeting": 104}
    assert {one["key"]: one["person_times"] for one in groups["topic"]} == {
        "human_rights": 150 + 104,
        "carbon_and_energy": 132,
    }
    assert {one["key"] for one in groups["supplier"]} == {cast.code(number) for number in range(1, 21)}
    assert period["distinct_suppliers"] == 20


async def test_the_forums_are_what_the_years_findings_suggest(year: Year) -> None:
    rights, carbon, systems = year.suggestions
    assert [one["topic"] for one in year.suggestions] == ["human_rights", "carbon_and_energy", "management_systems"]
    assert [one["kind"] for one in year.suggestions] == ["forum", "forum", "training"]
    # 40 + 18 x 12 points, 19 findings against 2 held to 1.5, 16 of 22 suppliers
    assert rights["by_severity"] == {"priority": 1, "major": 18, "minor": 0}
    assert (rights["severity_points"], rights["findings"], rights["previous"], rights["suppliers"]) == (256, 19, 2, 16)
    assert rights["priority"] == pytest.approx(256 * 1.5 * (1 + 16 / 22), abs=0.01)
    assert (carbon["severity_points"], carbon["trend_factor"]) == (144, 1.5)
    assert carbon["priority"] == pytest.approx(144 * 1.5 * (1 + 12 / 22), abs=0.01)
    assert systems["priority"] < carbon["priority"] < rights["priority"]
    for forum, suggestion in ((year.rights, rights), (year.carbon, carbon)):
        assert forum.event["title"] == suggestion["suggested_title"]
        assert forum.event["provisions"] == [one["provision"] for one in suggestion["provisions"]]


async def test_whom_the_rule_means_is_invited_once_as_the_preview_said(year: Year) -> None:
    rights, carbon = year.rights.preview, year.carbon.preview
    assert (rights["people"], rights["suppliers"], rights["to_invite"]) == (58, 20, 58)
    assert rights["by_reason"] == {
        "kind key": 23,
        "kind oem": 12,
        "finding on RBA 8.0 A3": 47,
        "finding on RBA 8.0 A1": 9,
    }
    assert left_out(rights) == {"duplicate": 1, "consent_withdrawn": 1}
    assert (carbon["people"], left_out(carbon)) == (69, {"duplicate": 1, "consent_withdrawn": 1, "unreachable": 1})
    never = {cast.WANTS_NO_INVITATIONS}
    returned = {cast.NO_LONGER_AT_ITS_COMPANY}
    assert addresses(year.rights.mails) == sorted(cast.people_of(range(1, 21)) - never - returned)
    assert addresses(year.carbon.mails) == sorted(cast.people_of(range(1, 25)) - never - returned)
    counts = await year.read("engagement", f"{year.rights.url}/deliveries/counts")
    assert {name: count for name, count in counts.items() if count} == {"sent": 57, "refused": 1}


async def test_each_mail_brings_a_calendar_entry_and_answers_come_back_by_page_and_by_calendar(year: Year) -> None:
    for forum in (year.rights, year.carbon):
        for recipient, mail in forum.mails:
            entry = entry_in(mail)
            assert str(entry["UID"]) == f"{forum.event['id']}@localhost"
            assert str(entry["ATTENDEE"]) == f"mailto:{recipient}"
            assert (entry["SEQUENCE"], str(entry["SUMMARY"])) == (0, forum.event["title"])
            assert entry.end - entry.start == HOURS
            assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert len({entry_in(mail).to_ical() for _, mail in forum.mails}) == len(forum.mails)
    replies = (await year.read("engagement", f"{year.rights.url}/invitations/summary"))["by_reply"]
    assert {name: count for name, count in replies.items() if count} == {
        "accepted": 1,
        "declined": 1,
        "needs_action": 56,
    }


async def test_the_tools_reports_tell_who_was_there_and_people_decide_about_the_rest(year: Year) -> None:
    as_handed_in = {"layout": "zoom", "people": 81, "mapped": 79, "undecided": 2, "ignored": 0}
    assert {name: year.rights.report[name] for name in as_handed_in} == as_handed_in
    decided = await year.read("engagement", f"{year.rights.url}/attendance-reports/{year.rights.report['id']}")
    assert (decided["mapped"], decided["undecided"], decided["ignored"]) == (80, 0, 1)
    of_teams = {"layout": "teams", "people": 83, "mapped": 83, "undecided": 0, "ignored": 0}
    assert {name: year.carbon.report[name] for name in of_teams} == of_teams
    for forum, person_times in ((year.rights, 80 + 70), (year.carbon, 83 + 49)):
        assert (await year.read("engagement", forum.url))["person_times"] == person_times


async def test_over_90_percent_are_satisfied_with_both_aspects_of_the_forums(year: Year) -> None:
    items = (await year.read("engagement", "/v1/feedback-summary", **PERIOD, kind="forum"))["items"]
    found = {one["aspect"]: one for one in items}
    assert (found["content"]["satisfaction_n"], found["content"]["satisfaction_percent"]) == (130, 94.62)
    assert (found["organisation"]["satisfaction_n"], found["organisation"]["satisfaction_percent"]) == (130, 100)
    for one in items:
        low, high = one["satisfaction_interval"]
        assert low < one["satisfaction_percent"] <= high


async def test_the_enews_with_the_recap_goes_to_exactly_those_absent(year: Year) -> None:
    could_not_come = {cast.address("chi", number) for number in (3, 4, 5)}
    nobody_came = {*cast.people_of(range(18, 21))} - {cast.NO_LONGER_AT_ITS_COMPANY, cast.WANTS_NO_INVITATIONS}
    assert addresses(year.rights.recap_mails) == sorted(could_not_come | nobody_came)
    # Of S-06 twenty were counted on site: whether Chi was among them nobody knows.
    assert year.rights.recap_preview["left_out"] == {"cannot_tell": 1, "unreachable": 1}
    # Who left the list by one click after the first eNews gets no second.
    absent = {*cast.people_of(range(21, 25)), cast.address("ann", 1)}
    assert addresses(year.carbon.recap_mails) == sorted(absent)
    assert year.carbon.recap_preview["left_out"] == {"consent_withdrawn": 1}
    assert LEAVES_THE_LIST not in absent
    for forum in (year.rights, year.carbon):
        assert (forum.recap["status"], forum.recap["event_id"]) == ("sent", forum.event["id"])
        assert forum.recap["deliveries"] == {"sent": len(forum.recap_mails)}
        for _, mail in forum.recap_mails:
            assert forum.event["title"] in text_of(mail)
            assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert {str(mail["Content-Language"]) for _, mail in year.rights.recap_mails} == {"en", "zh-Hans", "zh-Hant"}
    issue = await year.read("engagement", f"/v1/newsletters/{year.rights.recap['id']}")
    assert year.clicked == "https://files.example/guide.pdf"
    assert issue["links"] == [{"url": year.clicked, "clicks": 1}]


async def test_each_quarter_has_its_support_meeting_with_an_independent_auditor(year: Year) -> None:
    assert len(year.meetings) == 4
    for meeting in year.meetings:
        shown = await year.read("engagement", f"/v1/events/{meeting['id']}")
        assert (shown["person_times"], shown["warnings"]) == (26, [])
        assert [one["kind"] for one in shown["speakers"]] == ["third_party_auditor"]
        (treated,) = (await year.read("engagement", f"/v1/events/{meeting['id']}/treated-findings"))["items"]
        assert None not in (treated["root_cause"], treated["best_practice"])


async def test_what_is_promised_in_a_meeting_is_followed_up_in_its_finding(year: Year) -> None:
    at_audit = {one["id"]: one for one in (await year.read("audit", "/v1/commitments"))["items"]}
    assert set(at_audit) == {one["id"] for one in year.commitments.values()}
    assert [at_audit[year.commitments[quarter]["id"]]["status"] for quarter in (1, 2, 3, 4)] == [
        "open", "open", "open", "kept",
    ]  # fmt: skip
    (overdue,) = (await year.read("audit", "/v1/commitments", overdue=True))["items"]
    assert (overdue["supplier_code"], overdue["meeting"]) == (cast.code(5), "MTG-Q1")
    kept = year.commitments[4]
    shown = await year.read("engagement", f"/v1/events/{kept['event_id']}/commitments/{kept['id']}")
    assert (shown["status"], shown["kept_on"]) == ("kept", ago(12))
    finding = await year.read("audit", f"/v1/findings/{kept['finding_id']}")
    assert (finding["status"], finding["open_commitments"]) == ("closed", 0)


async def test_groups_are_told_by_their_robot_or_in_the_log(year: Year) -> None:
    told, recorded = [
        (await year.read("engagement", f"/v1/groups/{group['id']}/messages"))["items"] for group in year.groups
    ]
    assert [one["status"] for one in told] == ["sent", "sent"]
    assert [one["status"] for one in recorded] == ["recorded"]
    assert {key for key, _ in year.receiver.taken} == {ROBOTS_KEY}
    reminder, enews = year.receiver.contents()
    assert year.carbon.event["title"] in reminder
    assert year.rights.event["title"] in enews
    assert "/engagement/link/" in enews
    assert "您受邀而未能出席" not in enews
    assert max(len(said.encode()) for said in (reminder, enews)) <= 2048
    assert ROBOTS_KEY not in json.dumps([told, recorded, year.groups])


async def test_a_completed_iso_course_leads_to_a_reminder_of_its_certificate(year: Year) -> None:
    assert (year.course["views"], year.course["completions"]) == (103, 3)
    reminders = (await year.read("registry", "/v1/certificate-reminders", open=True))["items"]
    assert {one["standard"] for one in reminders} == {"ISO 14001"}
    assert sorted(one["supplier_id"] for one in reminders) == sorted(year.ids[cast.code(n)] for n in (1, 2, 6))


async def test_those_that_came_repeat_less_and_close_sooner_and_the_report_says_how_little_that_proves(
    year: Year,
) -> None:
    found = await year.read("engagement", "/v1/effect", topic="human_rights", **PERIOD)
    came, stayed = found["attended"], found["others"]
    # S-05 to S-17 against S-18 to S-20: S-05 repeats, and S-18 and S-19
    assert (came["suppliers"], came["repeating"], came["repeat_rate_percent"]["value"]) == (13, 1, 7.69)
    assert (stayed["suppliers"], stayed["repeating"], stayed["repeat_rate_percent"]["value"]) == (3, 2, 66.67)
    assert came["repeat_rate_percent"]["interval"] == [1.37, 33.31]
    assert stayed["repeat_rate_percent"]["interval"] == [20.77, 93.85]
    assert came["median_days_to_close_before"]["value"] == 80
    assert stayed["median_days_to_close_before"]["value"] == 150
    difference = found["difference"]["repeat_rate_points"]
    low, high = difference["interval"]
    assert difference["value"] == -58.97
    assert low < difference["value"] < high
    assert [one["code"] for one in found["warnings"]] == [
        "not-random", "unaudited-cannot-repeat", "few-suppliers", "follow-up-not-over",
    ]  # fmt: skip


async def test_attendance_is_in_the_credit_and_so_in_the_score(year: Year) -> None:
    before, now = await year.score(1, ago(210)), await year.score(1)
    assert (before["base"], before["credit"], before["score"]) == (82.75, 0, 82.75)
    # two forums and a course; the support meetings, to which it did not come, would give none
    assert (now["base"], now["credit"], now["score"]) == (82.75, 1.25, 84.0)
    assert (await year.score(19))["credit"] == 0.5
    assert (await year.score(30))["credit"] == 0
    explained = await year.read("scoring", f"/v1/scores/{year.ids[cast.code(1)]}/explanation")
    credited = json.dumps(explained["credit"])
    for attended in (year.rights, year.carbon):
        assert attended.event["id"] in credited
    assert year.course["id"] in credited
    assert not any(meeting["id"] in credited for meeting in year.meetings)


async def test_credit_never_lifts_a_supplier_into_a_better_tier(year: Year) -> None:
    """The tier comes from the base: whoever attends everything does not become less of a risk by that."""
    before, now = await year.score(2, ago(210)), await year.score(2)
    assert (before["score"], before["risk_tier"]) == (79.5, "medium")
    assert (now["base"], now["score"], now["risk_tier"]) == (79.5, 80.75, "medium")
    assert now["tier_reasons"] == ["base_below_80"]


async def test_an_open_priority_finding_withholds_the_credit_until_a_meetings_promise_has_closed_it(year: Year) -> None:
    yesterday, today = await year.score(cast.PASSPORTS, ago(1)), await year.score(cast.PASSPORTS)
    assert (yesterday["credit"], yesterday["risk_tier"]) == (0, "high")
    assert yesterday["score"] == yesterday["base"]
    # What it came to counts from the day on which the finding is closed, which takes it out of the high tier, too.
    assert (today["credit"], today["risk_tier"]) == (1.25, "low")
    assert today["score"] == pytest.approx(today["base"] + 1.25)


async def test_no_feed_and_no_audit_log_holds_a_name_or_an_address(year: Year) -> None:
    async with year.stage.machine("engagement") as client:
        feed = (await client.get("/v1/feed", params={"limit": 5000})).json()
        logged: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            page = (
                await client.get("/v1/audit-log", params={"limit": 200, **({"cursor": cursor} if cursor else {})})
            ).json()
            logged, cursor = logged + page["items"], page["next_cursor"]
    assert (feed["next"], len(logged) > 500) == (feed["head"], True)
    for private in ("@s-", "Ann ", "Mei's phone", "Ann Buyer", "Lin Mei", ROBOTS_KEY):
        assert private not in json.dumps([feed, logged])
