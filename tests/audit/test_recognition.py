"""Platinum, gold and silver: by score and by what is verified as closed."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event as listen

from services.audit.domain.audits import AuditStatus
from services.audit.domain.recognition import LEVELS, recognise
from tests.audit.closing import add_closure, close_by, implemented
from tests.audit.programme import TODAY, add_audit, add_finding, add_supplier, ago, finding_in, read, step
from tests.stage import Stage

LAST = date(2027, 12, 31)
REPORTED = {"report_received_on": ago(90)}
RANK: dict[str | None, int] = {level.name: rank for rank, level in enumerate(reversed(LEVELS), start=1)} | {None: 0}
lefts = st.fixed_dictionaries({severity: st.integers(0, 3) for severity in ("priority", "major", "minor")})
scores = st.decimals(0, 200, places=2)


@pytest.mark.parametrize(
    ("score", "left", "level", "lacking"),
    [
        ("200", {}, "platinum", ()),
        (
            "200",
            {"minor": 2},
            "gold",
            ("platinum: 2 minor findings closed and verified by a closure audit",),
        ),
        ("199.99", {}, "gold", ("platinum: a reported score of at least 200, not 199.99",)),
        ("180", {"minor": 1}, "gold", None),
        ("179.99", {}, "silver", ("gold: a reported score of at least 180, not 179.99",)),
        (
            "185",
            {"major": 1},
            "silver",
            ("gold: 1 major finding closed and verified by a closure audit",),
        ),
        ("160", {"major": 3, "minor": 3}, "silver", None),
        ("159.99", {}, None, ("silver: a reported score of at least 160, not 159.99",)),
        (
            "200",
            {"priority": 1},
            None,
            ("silver: 1 priority finding closed and verified by a closure audit",),
        ),
        (
            "120.50",
            {"priority": 2},
            None,
            (
                "silver: a reported score of at least 160, not 120.5",
                "silver: 2 priority findings closed and verified by a closure audit",
            ),
        ),
        (None, {}, None, ("silver: a reported score of at least 160",)),
    ],
)
def test_each_level_needs_its_score_and_its_findings_closed(
    score: str | None, left: dict[str, int], level: str | None, lacking: tuple[str, ...] | None
) -> None:
    recognition = recognise("reported", LAST, Decimal(score) if score else None, left)
    assert recognition.level == level
    assert lacking is None or recognition.lacking == lacking


@pytest.mark.parametrize(
    ("status", "lacking"),
    [
        ("planned", "the audit itself: it is only planned"),
        ("conducted", "the final report"),
        ("expired", "a valid audit: this one counted until 2027-12-31"),
        ("withdrawn", "an audit that counts: this one is withdrawn"),
    ],
)
def test_only_a_reported_audit_that_counts_is_recognised(status: AuditStatus, lacking: str) -> None:
    recognition = recognise(status, LAST, Decimal(200), {})
    assert (recognition.level, recognition.lacking) == (None, (lacking,))


@given(scores, lefts, st.sampled_from(["priority", "major", "minor"]), scores)
def test_a_finding_left_never_raises_a_level_and_a_better_score_never_lowers_it(
    score: Decimal, left: dict[str, int], severity: str, other: Decimal
) -> None:
    rank = RANK[recognise("reported", LAST, score, left).level]
    assert RANK[recognise("reported", LAST, score, {**left, severity: left[severity] + 1}).level] <= rank
    assert RANK[recognise("reported", LAST, max(score, other), left).level] >= rank


@given(scores, lefts)
def test_what_is_lacking_is_told_for_every_level_but_the_highest(score: Decimal, left: dict[str, int]) -> None:
    recognition = recognise("reported", LAST, score, left)
    assert bool(recognition.lacking) == (recognition.level != "platinum")


async def recognition_of(stage: Stage, audit: dict[str, Any]) -> dict[str, Any]:
    shown = await read(stage, f"/v1/audits/{audit['id']}")
    listed = [item for item in (await read(stage, "/v1/audits"))["items"] if item["id"] == audit["id"]]
    assert listed == [shown]
    recognition: dict[str, Any] = shown["recognition"]
    return recognition


async def test_a_first_audit_of_200_without_findings_is_platinum(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, score=200, **REPORTED)
    assert audit["recognition"] == {"level": "platinum", "score": 200, "lacking": []}
    disputed = await add_finding(stage, audit, severity="priority")
    assert (await recognition_of(stage, audit))["level"] is None
    assert (await step(stage, disputed["id"], "withdraw")).status_code == 200
    assert (await recognition_of(stage, audit))["level"] == "platinum"


async def test_a_closure_audit_raises_the_level_by_what_it_closes_and_by_its_score(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, score=165, **REPORTED)
    major, minor = await implemented(stage, audit), await implemented(stage, audit, "minor")
    assert (await recognition_of(stage, audit))["level"] == "silver"
    closure = await add_closure(stage, audit, conducted_on=ago(1))
    assert (await close_by(stage, closure, [major])).status_code == 200
    still = await recognition_of(stage, audit)
    assert (still["level"], still["score"]) == ("silver", 165)
    assert still["lacking"] == ["gold: a reported score of at least 180, not 165"]
    async with stage.machine("audit") as client:
        url = f"/v1/audits/{closure['id']}"
        report = {"report_received_on": ago(0), "score": 200}
        assert (await client.patch(url, json=report, headers={"If-Match": '"1"'})).status_code == 200
    gold = await recognition_of(stage, audit)
    assert (gold["level"], gold["score"]) == ("gold", 200)
    assert gold["lacking"] == ["platinum: 1 minor finding closed and verified by a closure audit"]
    assert (await close_by(stage, closure, [minor])).status_code == 200
    assert await recognition_of(stage, audit) == {"level": "platinum", "score": 200, "lacking": []}


async def test_a_finding_that_was_closed_without_a_closure_audit_is_left(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, score=190, **REPORTED)
    await finding_in(stage, audit, "closed")
    recognition = await recognition_of(stage, audit)
    assert (recognition["level"], recognition["lacking"]) == (
        "silver",
        ["gold: 1 major finding closed and verified by a closure audit"],
    )


async def test_a_finding_that_was_reopened_and_closed_without_one_is_left_again(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, score=190, **REPORTED)
    major = await implemented(stage, audit)
    closure = await add_closure(stage, audit, conducted_on=ago(1))
    assert (await close_by(stage, closure, [major])).status_code == 200
    assert (await recognition_of(stage, audit))["level"] == "gold"
    for name in ("reopen", "plan", "plan/approve", "implement", "close"):
        assert (await step(stage, major["id"], name)).status_code == 200
        assert (await recognition_of(stage, audit))["level"] == "silver"


async def test_what_a_closure_audit_finds_itself_counts_too_until_a_later_one_has_closed_it(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, score=190, **REPORTED)
    first = await add_closure(stage, audit)
    new = await implemented(stage, first)
    assert (await recognition_of(stage, audit))["level"] == "silver"
    assert (await read(stage, f"/v1/audits/{first['id']}"))["recognition"] is None
    second = await add_closure(stage, audit, conducted_on=ago(0))
    answer = await close_by(stage, second, [new])
    assert answer.status_code == 200, answer.text
    assert (await recognition_of(stage, audit))["level"] == "gold"


async def test_a_withdrawn_closure_audit_has_verified_nothing_and_its_score_counts_no_more(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, score=190, **REPORTED)
    major = await implemented(stage, audit)
    closure = await add_closure(stage, audit, conducted_on=ago(1), report_received_on=ago(0), score=200)
    assert (await close_by(stage, closure, [major])).status_code == 200
    assert (await recognition_of(stage, audit))["level"] == "platinum"
    async with stage.machine("audit") as client:
        assert (
            await client.post(f"/v1/audits/{closure['id']}/withdraw", json={"reason": "Not done"})
        ).status_code == 200
    assert [(await recognition_of(stage, audit))[name] for name in ("level", "score")] == ["silver", 190]


async def test_the_latest_reported_closure_audit_decides_on_the_score(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, score=150, **REPORTED)
    await add_closure(stage, audit, conducted_on=ago(10), report_received_on=ago(5), score=170)
    await add_closure(stage, audit, conducted_on=ago(50), report_received_on=ago(45), score=200)
    await add_closure(stage, audit, conducted_on=ago(3), score=200)
    await add_closure(stage, audit, conducted_on=ago(2), report_received_on=ago(1))
    assert [(await recognition_of(stage, audit))[name] for name in ("level", "score")] == ["silver", 170]


@pytest.mark.parametrize("kind", ["cma", "supplemental", "internal", "closure", "document_review", "incident"])
async def test_kinds_other_than_vap_have_no_recognition(stage: Stage, kind: str) -> None:
    await add_supplier(stage)
    assert (await add_audit(stage, kind=kind, score=200, **REPORTED))["recognition"] is None


async def test_an_expired_audit_has_lost_its_recognition(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, conducted_on=ago(800), report_received_on=ago(700), score=200)
    assert audit["recognition"]["level"] is None
    assert audit["recognition"]["lacking"] == [f"a valid audit: this one counted until {audit['valid_until']}"]
    assert audit["valid_until"] < TODAY.isoformat()


async def test_the_etag_changes_with_what_the_body_says_and_a_change_still_goes_by_the_version(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage, score=200, **REPORTED)
    url = f"/v1/audits/{audit['id']}"
    async with stage.machine("audit") as client:
        first = await client.get(url)
        same = await client.get(url, headers={"If-None-Match": first.headers["etag"]})
        await add_finding(stage, audit)
        other = await client.get(url, headers={"If-None-Match": first.headers["etag"]})
        changed = await client.patch(url, json={"auditor": "V"}, headers={"If-Match": first.headers["etag"]})
    assert (same.status_code, other.status_code, changed.status_code) == (304, 200, 200)
    assert other.json()["version"] == first.json()["version"]


async def test_a_page_of_audits_takes_as_many_statements_as_one_audit(stage: Stage) -> None:
    await add_supplier(stage)
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    async def statements_for_a_page() -> int:
        statements.clear()
        await read(stage, "/v1/audits")
        return len(statements)

    await add_finding(stage, await add_audit(stage, score=180, **REPORTED))
    engine = stage.resources("audit").database.engine.sync_engine
    listen.listen(engine, "before_cursor_execute", note)
    try:
        one = await statements_for_a_page()
        for _ in range(4):
            audit = await add_audit(stage, score=180, **REPORTED)
            await add_finding(stage, await add_closure(stage, audit))
        assert await statements_for_a_page() == one
    finally:
        listen.remove(engine, "before_cursor_execute", note)
