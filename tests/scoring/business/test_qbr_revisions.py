"""What a revision of a review changed, and what came after one was computed."""

from typing import Any

import pytest

from tests.scoring.business.quarter_end import Q, QuarterEnd

CHANGES, LATE = f"/v1/qbrs/{Q}/changes", f"/v1/qbrs/{Q}/late-performance"


async def corrected(quarter_end: QuarterEnd) -> None:
    """Two revisions: GONE dropped, NEW added, S1 from C to A, SAME as it was."""
    await quarter_end.rate(GONE=90, S1=60, SAME=75)
    await quarter_end.publish()
    await quarter_end.know("GONE", status="inactive")
    await quarter_end.rate(NEW=40, S1=90)
    await quarter_end.publish()


async def test_a_revision_says_supplier_by_supplier_what_it_changed(quarter_end: QuarterEnd) -> None:
    await corrected(quarter_end)
    page = await quarter_end.get(CHANGES, revision=2)
    assert {name: page[name] for name in ("revision", "compared_with", "added", "dropped", "changed")} == {
        "revision": 2, "compared_with": 1, "added": 1, "dropped": 1, "changed": 1
    }  # fmt: skip
    items = {item["supplier_code"]: item for item in page["items"]}
    assert [(code, item["change"]) for code, item in items.items()] == [
        ("GONE", "dropped"), ("NEW", "added"), ("S1", "changed")
    ]  # fmt: skip
    assert (items["GONE"]["after"], items["NEW"]["before"]) == (None, None)
    assert (items["NEW"]["after"]["grade"], items["NEW"]["after"]["actions"]) == (
        "D", ["no_new_business", "phase_out_plan"]
    )  # fmt: skip
    sides = [items["S1"][side] for side in ("before", "after")]
    assert [(side["total"], side["grade"], side["consequence"], side["actions"]) for side in sides] == [
        (60, "C", "no_more", ["improvement_plan"]),
        (90, "A", "eligible_for_more", ["recognition"]),
    ]
    assert [side["dimensions"]["quality"] for side in sides] == [60, 90]
    assert items["S1"]["fields"] == [
        "quality", "cost", "delivery", "service", "sustainability", "total", "grade", "consequence", "actions"
    ]  # fmt: skip


async def test_changes_come_page_by_page_in_a_constant_number_of_statements(quarter_end: QuarterEnd) -> None:
    await corrected(quarter_end)
    codes, cursor = [], None
    while True:
        page = await quarter_end.get(CHANGES, limit=1, **({"cursor": cursor} if cursor else {}))
        codes += [item["supplier_code"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert codes == ["GONE", "NEW", "S1"]


async def test_a_revision_that_changes_nothing_says_so(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=60)
    await quarter_end.perform("S2", quality=1)
    await quarter_end.publish()
    await quarter_end.review()
    page = await quarter_end.get(CHANGES)
    assert (page["items"], page["revision"], page["changed"]) == ([], 2, 0)


@pytest.mark.parametrize("path", [CHANGES, LATE])
async def test_what_there_is_not_cannot_be_compared(quarter_end: QuarterEnd, path: str) -> None:
    async with quarter_end.stage.machine("scoring", "scoring:read") as client:
        assert (await client.get(path)).status_code == 404
        await quarter_end.post("/v1/qbrs", {"quarter": Q}, by="ann")
        computing = await client.get(path)
        assert (computing.status_code, computing.json()["detail"]) == (409, f"Revision 1 of {Q} is computing.")
        assert (await client.get(path, params={"revision": 2})).status_code == 404
    async with quarter_end.stage.machine("scoring", "scoring:read", supplier_id=await quarter_end.know("S1")) as bound:
        assert (await bound.get(path)).status_code == 404


async def test_the_first_revision_has_none_before_it(quarter_end: QuarterEnd) -> None:
    await corrected(quarter_end)
    async with quarter_end.stage.machine("scoring", "scoring:read") as client:
        first = await client.get(CHANGES, params={"revision": 1})
    assert (first.status_code, first.json()["type"].rpartition("/")[2]) == (404, "no-revision-before")


async def late(quarter_end: QuarterEnd, **params: Any) -> dict[str, tuple[Any, Any]]:
    """Supplier code -> quality as it is reported now, and as it was reviewed (None: not in the review)."""
    items = (await quarter_end.get(LATE, **params))["items"]
    return {
        item["supplier_code"]: (item["reported"]["quality"], item["reviewed"] and item["reviewed"]["quality"])
        for item in items
    }


async def test_performance_that_comes_after_a_publication_is_kept_named_and_changes_nothing_published(
    quarter_end: QuarterEnd,
) -> None:
    await quarter_end.rate(S1=60, S2=70, S3=80)
    published = await quarter_end.publish()
    cards = await quarter_end.cards()
    assert await late(quarter_end) == {}
    await quarter_end.rate(NEW=90)
    await quarter_end.perform("S1", quality=65, cost=60, delivery=60, service=60)
    await quarter_end.perform("S2", cost=70, delivery=70, service=70)
    await quarter_end.perform("GHOST", quality=10)
    await quarter_end.know("AWAY", status="suspended")
    await quarter_end.perform("AWAY", quality=10)
    assert await late(quarter_end) == {"NEW": (90, None), "S1": (65, 60), "S2": (None, 70)}
    assert await quarter_end.get(f"/v1/qbrs/{Q}") == published
    assert await quarter_end.cards() == cards
    await quarter_end.publish()
    assert await late(quarter_end) == {}
    assert set(await late(quarter_end, revision=1)) == {"NEW", "S1", "S2"}
    page = await quarter_end.get(CHANGES)
    assert [item["supplier_code"] for item in page["items"]] == ["NEW", "S1", "S2"]


async def test_late_performance_of_a_merged_supplier_is_its_survivors(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(KEPT=60)
    await quarter_end.know("OLD", status="inactive", merged_into="KEPT")
    del quarter_end.standings[quarter_end.ids["OLD"]]
    await quarter_end.perform("OLD", quality=10)
    await quarter_end.publish()
    assert await late(quarter_end) == {}, "what is reported under the survivor's own code counts"
    await quarter_end.perform("OLD", quality=20)
    assert await late(quarter_end) == {}
    await quarter_end.perform("KEPT", quality=61)
    assert await late(quarter_end) == {"KEPT": (61, 60)}


async def test_what_is_odd_about_the_grades_is_said_on_the_draft_and_in_the_feed(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=90, S2=92, S3=91, S4=69.8, S5=30)
    draft = await quarter_end.review()
    assert draft["grades"] == {"A": 3, "C": 1, "D": 1}
    (warning,) = draft["warnings"]
    assert warning.startswith("Grade A holds 3 of 5 rated suppliers (60.0 %)")
    await quarter_end.rate(S2=60, S1=70.3)
    mended = await quarter_end.review()
    assert [text[:26] for text in mended["warnings"]] == ["The median total, 69.8, li"]
    (event,) = await quarter_end.stage.psql(
        "scoring",
        "SELECT data->'warnings'->>0 AS said FROM feed_event WHERE type = 'qbr.computed' ORDER BY id DESC LIMIT 1",
    )
    assert event["said"] == mended["warnings"][0]
