"""Limits of concentration: kept where that is possible, and named where it is not."""

from typing import Any

import pytest

from tests.scoring.business.quarter_end import Q, QuarterEnd


async def limited(quarter_end: QuarterEnd, lines: dict[str, Any], **limits: Any) -> dict[str, Any]:
    """The proposal for a commodity with these lines and limits."""
    answer = await quarter_end.put("/v1/commodities/PCB", {"description": "Boards", **limits})
    assert answer.is_success, answer.text
    await quarter_end.rate(**dict.fromkeys(lines, 80))
    await quarter_end.source("PCB", lines)
    await quarter_end.publish()
    assert (await quarter_end.allocate())["status"] == "succeeded"
    return await quarter_end.proposed("PCB")


def shares(allocation: dict[str, Any]) -> list[float | None]:
    return [line["recommended_share"] for line in allocation["lines"]]


async def test_no_supplier_gets_more_than_the_largest_share_and_it_is_said_what_stopped_it(
    quarter_end: QuarterEnd,
) -> None:
    allocation = await limited(quarter_end, {"S1": 0.7, "S2": 0.3}, largest_share=0.65, least_sources=2)
    assert shares(allocation) == [0.65, 0.35]
    assert allocation["limits"] == {"largest_share": 0.65, "least_sources": 2, "sources": 2, "not_kept": []}
    assert [(each["supplier_code"], each["bound"], each["at"]) for each in allocation["binding"]] == [
        ("S1", "largest_share", 0.65)
    ]
    line = allocation["lines"][0]
    assert (line["lower_share"], line["upper_share"]) == (0.63, 0.65)
    assert line["explanation"].endswith("No supplier may get more of this commodity. The bound is 65 %.")
    assert sum(line["effects"].values()) == pytest.approx(line["delta"], abs=1e-9)


async def test_a_contract_is_kept_before_the_largest_share_and_that_is_named(quarter_end: QuarterEnd) -> None:
    lines = {"S1": {"baseline_share": 0.7, "min_share": 0.66}, "S2": 0.3}
    allocation = await limited(quarter_end, lines, largest_share=0.5)
    assert shares(allocation) == [0.66, 0.34]
    (miss,) = allocation["limits"]["not_kept"]
    assert (miss["limit"], miss["supplier_codes"]) == ("largest_share", ["S1"])
    assert miss["text"] == "More than 50 % goes to S1, which no supplier should have."


async def test_a_largest_share_that_leaves_orders_over_is_named_and_gives_no_made_up_split(
    quarter_end: QuarterEnd,
) -> None:
    allocation = await limited(quarter_end, {"S1": 0.7, "S2": 0.3}, largest_share=0.4)
    assert (allocation["infeasible"], allocation["unallocated_share"], shares(allocation)) == (True, 0.2, [None, None])
    (miss,) = allocation["limits"]["not_kept"]
    assert (miss["limit"], miss["supplier_codes"], allocation["limits"]["sources"]) == ("largest_share", [], None)
    assert "without this limit they could" in miss["text"]


async def test_too_few_sources_are_named_and_nothing_is_changed_for_them(quarter_end: QuarterEnd) -> None:
    lines = {"S1": 0.95, "S2": {"baseline_share": 0.05, "blocked": True}}
    allocation = await limited(quarter_end, lines, least_sources=2)
    assert shares(allocation) == [1, 0]
    (miss,) = allocation["limits"]["not_kept"]
    assert (miss["limit"], allocation["limits"]["sources"]) == ("least_sources", 1)
    assert miss["text"] == "The number of suppliers with orders is 1; it should be 2 at least."


async def test_an_override_is_held_against_the_limits_too(quarter_end: QuarterEnd) -> None:
    allocation = await limited(quarter_end, {"S1": 0.7, "S2": 0.3}, largest_share=0.65, least_sources=2)
    path = f"/v1/allocations/{allocation['id']}"
    override = {"reason": "S2 is on fire", "lines": [{"supplier_code": "S1", "share": 1}]}
    waiting = (await quarter_end.post(f"{path}/override", override, by="ben", version=1)).json()
    assert waiting["status"] == "override_pending"
    assert [each["limit"] for each in waiting["limits"]["not_kept"]] == ["largest_share", "least_sources"]
    rejected = await quarter_end.post(f"{path}/reject-override", {"reason": "no"}, by="cho", version=2)
    assert rejected.json()["limits"] == allocation["limits"]


async def test_without_limits_nothing_is_said_of_them(quarter_end: QuarterEnd) -> None:
    allocation = await limited(quarter_end, {"S1": 0.7, "S2": 0.3})
    assert allocation["limits"] == {"largest_share": None, "least_sources": None, "sources": None, "not_kept": []}


async def test_limits_stay_until_they_are_taken_away_and_wrong_ones_are_named(quarter_end: QuarterEnd) -> None:
    path = "/v1/commodities/PCB"
    limits = {"largest_share": 0.6, "least_sources": 2}
    assert (await quarter_end.put(path, {"description": "Boards", **limits})).status_code == 201
    await quarter_end.stage.import_file("scoring", "commodities", "commodity,description\nPCB,Circuit boards\n")
    kept = (await quarter_end.put(path, {"description": "Circuit boards"})).json()
    assert {name: kept[name] for name in limits} == limits
    assert kept["version"] == 2
    gone = (await quarter_end.put(path, {"description": "Circuit boards", "largest_share": None})).json()
    assert (gone["largest_share"], gone["least_sources"]) == (None, 2)
    for name, figure in (("largest_share", 0), ("largest_share", 1.01), ("least_sources", 0)):
        refused = await quarter_end.put(path, {"description": "Boards", name: figure})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"#/{name}")
    events = await quarter_end.stage.psql("scoring", "SELECT data FROM feed_event WHERE resource = 'commodity'")
    assert '"least_sources": 2' in events[-1]["data"]
    assert (await quarter_end.get(f"/v1/sourcing/{Q}"))["items"] == []
