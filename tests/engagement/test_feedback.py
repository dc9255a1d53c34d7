"""What those who attended say of an event."""

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engagement.domain import feedback
from tests.engagement.programme import attend, create_event, create_supplier, told
from tests.stage import Stage

QUESTIONS = [
    {"code": "content", "kind": "rating", "text": {"en": "Content?", "zh-TW": "內容?"}, "aspect": "content"},
    {"code": "venue", "kind": "rating", "text": {"en": "Organisation?"}, "aspect": "organisation"},
    {
        "code": "next",
        "kind": "choice",
        "text": {"en": "What next?"},
        "options": [{"code": "wages", "label": {"en": "Wages"}}, {"code": "fees", "label": {"en": "Fees"}}],
    },
    {"code": "remarks", "kind": "text", "text": {"en": "Remarks?"}},
]


async def ask(client: httpx.AsyncClient, event_id: str, questions: list[Any], version: int) -> httpx.Response:
    """Set the questions about an event."""
    url = f"/v1/events/{event_id}/feedback-questions"
    return await client.put(url, json={"questions": questions}, headers={"If-Match": f'"{version}"'})


async def create_asked(stage: Stage, client: httpx.AsyncClient, persons: int, **changes: Any) -> tuple[str, list[str]]:
    """An event with questions, and the attendances of so many persons of S1."""
    if not (await client.get("/v1/events", params={"limit": 1})).json()["items"]:
        await create_supplier(stage, "S1")
    event_id = (await create_event(client, **changes))["id"]
    assert (await ask(client, event_id, QUESTIONS, 1)).status_code == 200
    held = [await attend(client, event_id, supplier_code="S1", person_ref=f"p-{n}") for n in range(persons)]
    return event_id, [attendance["id"] for attendance in held]


async def say(client: httpx.AsyncClient, event_id: str, **feedback: Any) -> httpx.Response:
    """Give feedback."""
    return await client.post(f"/v1/events/{event_id}/feedback", json=feedback)


async def test_questions_stand_with_the_event_and_equal_ones_change_nothing(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event_id = (await create_event(client))["id"]
        bare = await client.put(f"/v1/events/{event_id}/feedback-questions", json={"questions": QUESTIONS})
        first, again = await ask(client, event_id, QUESTIONS, 1), await ask(client, event_id, QUESTIONS, 2)
        stale = await ask(client, event_id, [], 1)
        kept = (await client.get(f"/v1/events/{event_id}")).json()["feedback_questions"]
    assert (bare.status_code, stale.status_code) == (428, 412)
    assert (first.headers["etag"], again.headers["etag"]) == ('"2"', '"2"')
    assert [(question["code"], question["kind"], question["aspect"]) for question in kept] == [
        ("content", "rating", "content"), ("venue", "rating", "organisation"),
        ("next", "choice", None), ("remarks", "text", None),
    ]  # fmt: skip
    assert kept[0]["text"]["zh-TW"] == "內容?"


@pytest.mark.parametrize(
    ("questions", "pointer"),
    [
        ([{**QUESTIONS[0], "code": "Mixed Case"}], "#/questions/0/code"),
        ([{**QUESTIONS[0], "text": {}}], "#/questions/0/text"),
        ([{**QUESTIONS[0], "kind": "essay"}], "#/questions/0/kind"),
        ([QUESTIONS[3], {**QUESTIONS[2], "options": []}], "#/questions/1"),
        ([{**QUESTIONS[0], "options": QUESTIONS[2]["options"]}], "#/questions/0"),
        ([QUESTIONS[0], QUESTIONS[0]], "#"),
    ],
)
async def test_questions_that_cannot_be_asked_are_refused(stage: Stage, questions: list[Any], pointer: str) -> None:
    async with stage.machine("engagement") as client:
        answer = await ask(client, (await create_event(client))["id"], questions, 1)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def test_once_somebody_has_answered_only_wording_and_order_change(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event_id, (one,) = await create_asked(stage, client, 1)
        assert (await say(client, event_id, attendance_id=one, rating=5)).status_code == 201
        assert (await ask(client, event_id, QUESTIONS[:3], 4)).status_code == 200, "a rating answers no question"
        assert (await say(client, event_id, attendance_id=one, answers={"venue": 4})).status_code == 200
        refused = await ask(client, event_id, QUESTIONS, 5)
        reworded = [{**QUESTIONS[1], "text": {"en": "How was the venue?"}}, QUESTIONS[2], QUESTIONS[0]]
        allowed = await ask(client, event_id, reworded, 5)
    assert (refused.status_code, refused.json()["type"].rsplit("/")[-1]) == (409, "questions-answered")
    assert allowed.status_code == 200


async def test_the_rating_of_the_event_stands_with_the_attendance_and_in_the_summary(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event_id, (one,) = await create_asked(stage, client, 1)
        answer = await say(client, event_id, attendance_id=one, rating=5, answers={"content": 4})
        attendance = (await client.get(f"/v1/events/{event_id}/attendances/{one}")).json()
        summary = (await client.get(f"/v1/events/{event_id}/summary")).json()
        log = (await client.get("/v1/audit-log", params={"resource_id": event_id})).json()["items"]
    assert (answer.status_code, answer.json()["rating"], answer.json()["answers"]) == (201, 5, {"content": 4})
    assert (attendance["rating"], attendance["version"]) == (5, 2)
    assert (summary["satisfaction_n"], summary["satisfaction_percent"]) == (1, 100.0)
    assert log[-1]["action"] == "event.attended"


async def test_feedback_given_again_takes_the_place_of_the_first(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event_id, (one,) = await create_asked(stage, client, 1)
        first = await say(client, event_id, attendance_id=one, rating=5, answers={"content": 4, "remarks": "Good"})
        same = await say(client, event_id, attendance_id=one, rating=5, answers={"content": 4, "remarks": " Good "})
        other = await say(client, event_id, attendance_id=one, answers={"content": 2, "venue": None, "remarks": ""})
        back = await say(client, event_id, attendance_id=one, rating=None)
        found = (await client.get(f"/v1/events/{event_id}/feedback")).json()
    assert [answer.status_code for answer in (first, same, other, back)] == [201, 200, 200, 200]
    assert first.json() == same.json()
    assert (other.json()["rating"], other.json()["answers"], other.json()["version"]) == (5, {"content": 2}, 2)
    assert (back.json()["rating"], back.json()["answers"]) == (None, {"content": 2})
    assert (found["answered"], found["overall"]["satisfaction_n"]) == (1, 0)


async def test_feedback_sent_twice_at_once_is_one(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event_id, (one,) = await create_asked(stage, client, 1)
        sent = [say(client, event_id, attendance_id=one, rating=5, answers={"content": n}) for n in (4, 5)]
        answers = await asyncio.gather(*sent)
        found = (await client.get(f"/v1/events/{event_id}/feedback")).json()
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert (found["answered"], found["questions"][0]["n"]) == (1, 1)


async def test_who_was_at_an_event_that_was_moved_since_still_gives_feedback(stage: Stage) -> None:
    moved = {"starts_at": "2026-04-18T13:30:00+08:00", "ends_at": "2026-04-18T17:00:00+08:00"}
    async with stage.machine("engagement") as client:
        event_id, _ = await create_asked(stage, client, 0)
        times = {"joined_at": "2026-04-16T13:30:00+08:00", "left_at": "2026-04-16T17:00:00+08:00"}
        held = await attend(client, event_id, supplier_code="S1", person_ref="p-1", **times)
        await client.patch(f"/v1/events/{event_id}", json=moved, headers={"If-Match": '"3"'})
        assert (await say(client, event_id, attendance_id=held["id"], rating=4)).status_code == 201


async def test_feedback_is_given_by_supplier_and_person_too(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event_id, (one, _) = await create_asked(stage, client, 2)
        mine = await say(client, event_id, supplier_code="S1", person_ref="p-0", rating=3)
        nobody = await say(client, event_id, supplier_code="S1", person_ref="p-9", rating=3)
        stranger = await say(client, event_id, supplier_code="S9", person_ref="p-0", rating=3)
        both = await say(client, event_id, supplier_code="S1", person_ref="p-0", attendance_id=one, rating=3)
        half = await say(client, event_id, person_ref="p-0", rating=3)
    assert (mine.status_code, mine.json()["attendance_id"]) == (201, one)
    assert [answer.status_code for answer in (nobody, stranger, both, half)] == [404, 422, 422, 422]


@pytest.mark.parametrize(
    ("said", "pointers"),
    [
        ({"rating": 6}, ["#/rating"]),
        ({"rating": 0}, ["#/rating"]),
        ({"answers": {"content": 6}}, ["#/answers/content"]),
        ({"answers": {"content": "5"}}, ["#/answers/content"]),
        ({"answers": {"content": True}}, ["#/answers/content"]),
        ({"answers": {"content": 4.5}}, ["#/answers/content"]),
        ({"answers": {"next": "lunch", "remarks": 7}}, ["#/answers/next", "#/answers/remarks"]),
        ({"answers": {"next": ["wages"]}}, ["#/answers/next"]),
        ({"answers": {"remarks": "x" * 4001}}, ["#/answers/remarks"]),
        ({"answers": {"remarks": "\x00"}}, ["#/answers/remarks"]),
        ({"answers": {"weather/today": 5}}, ["#/answers/weather~1today"]),
        ({}, ["#"]),
    ],
)
async def test_what_is_no_answer_is_named_and_nothing_is_kept(
    stage: Stage, said: dict[str, Any], pointers: list[str]
) -> None:
    async with stage.machine("engagement") as client:
        event_id, (one,) = await create_asked(stage, client, 1)
        answer = await say(client, event_id, attendance_id=one, **said)
        found = (await client.get(f"/v1/events/{event_id}/feedback")).json()
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, pointers)
    assert found["answered"] == 0


async def test_only_one_person_who_was_there_gives_feedback(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event_id, (one,) = await create_asked(stage, client, 1)
        several = await attend(client, event_id, supplier_code="S1", persons=12)
        other = await create_event(client, event_ref="OTHER")
        counted = await say(client, event_id, attendance_id=several["id"], rating=5)
        elsewhere = await say(client, other["id"], attendance_id=one, rating=5)
        url = f"/v1/events/{event_id}/attendances/{one}/withdraw"
        await client.post(url, json={"reason": "Slip"}, headers={"If-Match": '"1"'})
        withdrawn = await say(client, event_id, attendance_id=one, rating=5)
    assert (counted.status_code, counted.json()["errors"][0]["pointer"]) == (422, "#/attendance_id")
    assert (elsewhere.status_code, withdrawn.status_code) == (404, 409)


async def test_feedback_adds_up_question_by_question(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event_id, attendances = await create_asked(stage, client, 5)
        await attend(client, event_id, supplier_code="S1", persons=10, rating=2)
        said: list[dict[str, Any]] = [
            {"rating": 5, "answers": {"content": 5, "next": "fees", "remarks": "More cases"}},
            {"rating": 4, "answers": {"content": 4, "next": "fees"}},
            {"rating": 3, "answers": {"content": 2, "next": "wages", "remarks": "Air conditioning!"}},
            {"answers": {"content": 5}},
        ]
        for attendance_id, one in zip(attendances, said, strict=False):
            assert (await say(client, event_id, attendance_id=attendance_id, **one)).status_code == 201
        found = (await client.get(f"/v1/events/{event_id}/feedback")).json()
    content, venue, following, remarks = found["questions"]
    assert (found["attendances"], found["counted_only"], found["answered"]) == (5, 10, 4)
    assert found["response_percent"] == 80.0
    assert found["overall"]["distribution"] == {"1": 0, "2": 1, "3": 1, "4": 1, "5": 1}
    assert content["ratings"]["distribution"] == {"1": 0, "2": 1, "3": 0, "4": 1, "5": 2}
    assert (content["n"], content["ratings"]["satisfaction_percent"]) == (4, 75.0)
    # Wilson, 3 of 4, at 95 %.
    assert content["ratings"]["satisfaction_interval"] == [30.06, 95.44]
    assert (venue["n"], venue["ratings"]["satisfaction_percent"]) == (0, None)
    assert [(one["code"], one["n"], one["percent"]) for one in following["choices"]] == [
        ("wages", 1, 33.33), ("fees", 2, 66.67)
    ]  # fmt: skip
    assert remarks["texts"] == ["Air conditioning!", "More cases"]
    assert (content["choices"], content["texts"], remarks["ratings"]) == (None, None, None)


async def test_the_feedback_of_a_withdrawn_attendance_counts_no_longer(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event_id, (one, two) = await create_asked(stage, client, 2)
        await say(client, event_id, attendance_id=one, rating=1, answers={"content": 1, "remarks": "Bad"})
        await say(client, event_id, attendance_id=two, rating=5, answers={"content": 5})
        url = f"/v1/events/{event_id}/attendances/{one}/withdraw"
        await client.post(url, json={"reason": "Slip"}, headers={"If-Match": '"2"'})
        found = (await client.get(f"/v1/events/{event_id}/feedback")).json()
        aspects = (await client.get("/v1/feedback-summary")).json()["items"]
    assert (found["attendances"], found["answered"], found["overall"]["satisfaction_percent"]) == (1, 1, 100.0)
    assert (found["questions"][0]["n"], found["questions"][3]["texts"]) == (1, [])
    assert [(item["aspect"], item["satisfaction_n"]) for item in aspects] == [("content", 1)]


async def test_aspects_add_up_over_the_events_of_a_period(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        first, (one, two) = await create_asked(stage, client, 2)
        times = {"starts_at": "2026-09-10T13:30:00+08:00", "ends_at": "2026-09-10T17:00:00+08:00"}
        second, (three,) = await create_asked(stage, client, 1, event_ref="TRN-1", kind="training", **times)
        await say(client, first, attendance_id=one, answers={"content": 5, "venue": 2})
        await say(client, first, attendance_id=two, answers={"content": 3})
        await say(client, second, attendance_id=three, answers={"content": 4})

        async def found(**params: str) -> list[tuple[Any, ...]]:
            items = (await client.get("/v1/feedback-summary", params=params)).json()["items"]
            names = ("aspect", "events", "satisfaction_n", "satisfaction_percent")
            return [tuple(item[name] for name in names) for item in items]

        assert await found() == [("content", 2, 3, 66.67), ("organisation", 1, 1, 0.0)]
        assert await found(kind="training") == [("content", 1, 1, 100.0)]
        assert await found(**{"from": "2026-04-17", "to": "2026-12-31"}) == [("content", 1, 1, 100.0)]
        assert await found(to="2026-04-15") == []


async def test_what_was_said_reaches_no_feed_and_no_log_and_no_supplier(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event_id, (one,) = await create_asked(stage, client, 1)
        await say(client, event_id, attendance_id=one, answers={"remarks": "Mr Wu shouts", "content": 1})
        supplier_id = (await client.get(f"/v1/events/{event_id}/attendances/{one}")).json()["supplier_id"]
        events = await told(client, "event_feedback")
        log = (await client.get("/v1/audit-log", params={"resource_id": events[0]["subject"]})).json()["items"]
    assert events[0]["data"] == {"event_id": event_id, "answered": ["content", "remarks"], "version": 1}
    assert log[0]["action"] == "event_feedback.given"
    assert "Wu" not in str((events, log))
    async with stage.machine("engagement", "engagement:read", supplier_id=supplier_id) as bound:
        assert (await bound.get(f"/v1/events/{event_id}/feedback")).status_code == 404
        assert (await bound.get("/v1/feedback-summary")).status_code == 404
        assert (await say(bound, event_id, attendance_id=one, rating=5)).status_code == 403


async def test_what_an_erased_person_wrote_is_emptied_and_stays_counted(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event_id, (one, two) = await create_asked(stage, client, 2)
        await say(client, event_id, attendance_id=one, rating=5, answers={"remarks": "I am Wu Jun", "content": 5})
        await say(client, event_id, attendance_id=two, answers={"remarks": "Fine"})
        assert (await client.delete("/v1/people/p-0")).status_code == 204
        found = (await client.get(f"/v1/events/{event_id}/feedback")).json()
    assert (found["questions"][3]["n"], found["questions"][3]["texts"]) == (2, ["Fine"])
    assert (found["questions"][0]["n"], found["overall"]["satisfaction_n"], found["answered"]) == (1, 1, 2)
    assert "Wu Jun" not in str(await stage.psql("engagement", "SELECT answers FROM event_feedback"))


RATING = {**QUESTIONS[0], "options": []}


@given(st.lists(st.integers(1, 5), max_size=40))
def test_a_tally_holds_every_rating_once(ratings: list[int]) -> None:
    (tally,) = feedback.tally([RATING], [{"content": rating} for rating in ratings])
    assert tally.spread is not None
    assert list(tally.spread.counts.values()) == [ratings.count(rating) for rating in range(1, 6)]
    assert tally.spread.satisfaction.n == tally.n == len(ratings)
    if ratings:
        low, high = tally.spread.satisfaction.interval or (0, 0)
        assert low <= (tally.spread.satisfaction.percent or 0) <= high


@given(st.dictionaries(st.text(max_size=5) | st.sampled_from(["content"]), st.integers() | st.text() | st.none()))
def test_what_is_kept_can_be_counted_and_the_rest_is_complained_of_or_empty(given_answers: dict[str, Any]) -> None:
    kept, complaints = feedback.read_answers([RATING], given_answers)
    assert all(code == "content" and answer in range(1, 6) for code, answer in kept.items())
    (tally,) = feedback.tally([RATING], [kept])
    assert tally.n == len(kept)
    empty = {code for code, value in given_answers.items() if code == "content" and str(value or "").strip() == ""}
    assert {code for code, _ in complaints} >= given_answers.keys() - kept.keys() - empty
