"""What people say of reviews."""

import asyncio

import pytest

from tests.scoring.business.quarter_end import ANN, BEN, Q, QuarterEnd

PATH = f"/v1/qbrs/{Q}/comments"
WHY = {"reason": "mixed up two suppliers"}


async def reviewed(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=60, S2=90)
    await quarter_end.review()


async def test_a_review_and_its_suppliers_are_commented_on_by_whoever_takes_part(quarter_end: QuarterEnd) -> None:
    await reviewed(quarter_end)
    supplier = str(quarter_end.ids["S1"])
    whole = await quarter_end.post(PATH, {"comment": " Fewer A than last year. "}, by="ann")
    await quarter_end.publish()
    await quarter_end.review()
    of_first = {"comment": "Moved its plant in May.", "supplier_id": supplier, "revision": 1}
    single = await quarter_end.post(PATH, of_first, by="ben")
    latest = await quarter_end.post(PATH, {"comment": "Mended."}, by="ben")
    assert [answer.status_code for answer in (whole, single, latest)] == [201, 201, 201]
    assert whole.json()["comment"] == "Fewer A than last year."
    assert (await quarter_end.get(single.headers["location"])) == single.json()
    items = (await quarter_end.get(PATH))["items"]
    assert [(item["revision"], item["supplier_id"], item["created_by"]) for item in items] == [
        (1, None, ANN), (1, supplier, BEN), (2, None, BEN)
    ]  # fmt: skip
    for filters, found in (
        ({"supplier_id": supplier}, [single]),
        ({"revision": 2}, [latest]),
        ({"about_review": True}, [whole, latest]),
        ({"about_review": False}, [single]),
        ({"withdrawn": True}, []),
    ):
        assert (await quarter_end.get(PATH, **filters))["items"] == [answer.json() for answer in found]


async def test_a_comment_needs_words_and_something_to_be_about(quarter_end: QuarterEnd) -> None:
    assert (await quarter_end.post(PATH, {"comment": "x"}, by="ann")).status_code == 404
    await reviewed(quarter_end)
    await quarter_end.know("ELSE")
    stranger = str(quarter_end.ids["ELSE"])
    for body, pointer in (
        ({"comment": "  "}, "#/comment"),
        ({"comment": "x" * 4001}, "#/comment"),
        ({"comment": "x", "supplier_id": stranger}, "#/supplier_id"),
        ({"comment": "x", "suplier_id": stranger}, "#/suplier_id"),
    ):
        refused = await quarter_end.post(PATH, body, by="ann")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await quarter_end.post(PATH, {"comment": "x", "revision": 2}, by="ann")).status_code == 404
    assert (await quarter_end.get(PATH))["items"] == []


async def test_only_its_author_withdraws_a_comment_on_its_current_version(quarter_end: QuarterEnd) -> None:
    await reviewed(quarter_end)
    made = await quarter_end.post(PATH, {"comment": "S1 is late."}, by="ann")
    path = f"{made.headers['location']}/withdraw"
    assert (await quarter_end.post(path, WHY, by="ann")).status_code == 428
    assert (await quarter_end.post(path, WHY, by="ann", version=2)).status_code == 412
    assert (await quarter_end.post(path, {"reason": ""}, by="ann", version=1)).status_code == 422
    other = await quarter_end.post(path, WHY, by="ben", version=1)
    assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (403, "not-the-author")
    elsewhere = path.replace(Q, "2026Q2")
    assert (await quarter_end.post(elsewhere, WHY, by="ann", version=1)).status_code == 404
    withdrawn = await quarter_end.post(path, WHY, by="ann", version=1)
    assert withdrawn.status_code == 200, withdrawn.text
    assert (withdrawn.json()["comment"], withdrawn.json()["version"]) == (None, 2)
    assert withdrawn.json()["withdrawn_at"]
    again = await quarter_end.post(path, WHY, by="ann", version="*")
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "comment-withdrawn")
    assert (await quarter_end.get(PATH, withdrawn=False))["items"] == []
    assert (await quarter_end.get(PATH))["items"] == [withdrawn.json()]


async def test_of_two_withdrawals_at_once_one_counts(quarter_end: QuarterEnd) -> None:
    await reviewed(quarter_end)
    made = await quarter_end.post(PATH, {"comment": "S1 is late."}, by="ann")
    path = f"{made.headers['location']}/withdraw"
    answers = await asyncio.gather(*(quarter_end.post(path, WHY, by="ann", version=1) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_the_feed_tells_what_a_comment_is_about_and_never_what_it_says(quarter_end: QuarterEnd) -> None:
    await reviewed(quarter_end)
    supplier = str(quarter_end.ids["S1"])
    made = await quarter_end.post(PATH, {"comment": "S1 is late.", "supplier_id": supplier}, by="ann")
    await quarter_end.post(f"{made.headers['location']}/withdraw", WHY, by="ann", version=1)
    async with quarter_end.stage.machine("scoring") as client:
        events = (await client.get("/v1/feed")).json()["events"]
        log = (await client.get("/v1/audit-log", params={"resource_id": made.json()["id"]})).json()["items"]
    told = [(event["type"], event["data"]) for event in events if event["type"].startswith("qbr_comment.")]
    about = {"quarter": Q, "revision": 1, "supplier_id": supplier, "version": 1, "withdrawn": False}
    assert told == [
        ("qbr_comment.added", about),
        ("qbr_comment.withdrawn", about | {"version": 2, "withdrawn": True}),
    ]
    assert [(line["action"], line["sub"]) for line in log] == [
        ("qbr_comment.added", ANN), ("qbr_comment.withdrawn", ANN)
    ]  # fmt: skip
    assert log[1]["changes"]["reason"] == [None, WHY["reason"]]


@pytest.mark.parametrize("scopes", [("scoring:read",), ("scoring:read", "scoring:write"), ("admin",)])
async def test_a_suppliers_client_never_sees_a_comment(quarter_end: QuarterEnd, scopes: tuple[str, ...]) -> None:
    await reviewed(quarter_end)
    own = quarter_end.ids["S1"]
    made = await quarter_end.post(PATH, {"comment": "S1 is late.", "supplier_id": str(own)}, by="ann")
    await quarter_end.publish()
    async with quarter_end.stage.machine("scoring", *scopes, supplier_id=own) as client:
        assert (await client.get(PATH)).status_code == 404
        assert (await client.get(made.headers["location"])).status_code == 404
        assert (await client.post(PATH, json={"comment": "We are not."})).status_code in (403, 404)
