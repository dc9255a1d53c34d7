"""From a change to its receiver: what is sent, to whom, under which signatures."""

import asyncio

import httpx
import pytest
from joserfc.jwk import OKPKey
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from services.scoring.clients import WebhookClient
from services.scoring.main import create_app
from services.scoring.service.webhook.delivering import SENT_AT_ONCE, Deliverer
from services.scoring.service.webhook.fan_out import Pace, fan_out
from shared import telemetry
from shared.ids import new_id
from tests.scoring.business.quarter_end import QuarterEnd
from tests.scoring.test_scores import create_supplier, put_country_risk
from tests.scoring.webhook_receiver import LOCAL, Post, Receiver, Reply, receiver
from tests.shared.otlp_receiver import otlp_receiver
from tests.stage import Stage, serving


async def test_a_change_of_score_and_tier_reaches_its_receiver_signed(stage: Stage, post: Post, erp: Receiver) -> None:
    path, secret = await post.create(erp.url, "score.changed", "risk_tier.changed")
    await put_country_risk(stage)
    supplier_id = await create_supplier(stage, email="lin@example.com")
    await stage.settle()
    await post.serve()
    events = {taken.event["type"]: taken for taken in erp.taken}
    assert sorted(events) == ["risk_tier.changed", "score.changed"]
    for taken in erp.taken:
        assert Webhook(secret).verify(taken.body, taken.headers) == taken.event
        assert taken.headers["content-type"] == "application/json"
        assert taken.event["data"]["supplier_id"] == taken.event["data"]["id"] == supplier_id
        assert taken.event["data"]["version"] == 1
        assert b"lin@example.com" not in taken.body
    assert events["score.changed"].event["data"]["score"] == 62.75
    assert events["risk_tier.changed"].event["data"]["previous"] is None
    log = await post.log(path)
    assert {entry["event_id"] for entry in log} == {taken.id for taken in erp.taken}
    assert {(entry["status"], entry["attempts"], entry["response_status"]) for entry in log} == {("delivered", 1, 204)}
    (fed,) = await stage.psql("scoring", "SELECT id FROM feed_event WHERE type = 'score.changed'")
    assert events["score.changed"].id == str(fed["id"])
    one = (await post.client.get(f"{path}/deliveries/{log[0]['id']}")).json()
    assert one["body"] in [taken.event for taken in erp.taken]
    assert (await post.state(path))["last_success_at"] is not None


async def test_a_delivery_is_part_of_the_trace_of_the_change(stage: Stage, post: Post, erp: Receiver) -> None:
    await post.create(erp.url, "score.changed")
    with otlp_receiver() as received:
        settings = stage.settings("scoring", otel_exporter_otlp_endpoint=received.url)
        async with telemetry.exporting(settings):
            await create_supplier(stage)
            await stage.settle()
            await post.serve()
    delivering, scoring = received.named("deliver webhook"), received.named("score suppliers")
    assert (delivering.trace_id, delivering.parent_span_id) == (scoring.trace_id, scoring.span_id)


async def test_a_published_review_and_the_decisions_on_allocations_reach_their_receiver(
    stage: Stage, post: Post, erp: Receiver
) -> None:
    await post.create(erp.url, "qbr.published", "allocation.approved")
    quarter_end = QuarterEnd(stage)
    await quarter_end.rate(S1=88, S2=74)
    half = {"baseline_share": 0.5}
    for commodity in ("PCB", "Cables"):
        await quarter_end.source(commodity, {"S1": half, "S2": half})
    await quarter_end.publish()
    await quarter_end.allocate()
    pcb, cables = (await quarter_end.proposed("PCB"))["id"], (await quarter_end.proposed("Cables"))["id"]
    assert (await quarter_end.post(f"/v1/allocations/{pcb}/approve", by="ben", version=1)).status_code == 200
    override = {
        "reason": "Ms Lin wants a second source",
        "lines": [{"supplier_code": code, "share": 0.5} for code in ("S1", "S2")],
    }
    path = f"/v1/allocations/{cables}/override"
    assert (await quarter_end.post(path, override, by="ben", version=1)).status_code == 200
    await post.serve()
    told = {(taken.event["type"], taken.event["data"].get("commodity")): taken.event["data"] for taken in erp.taken}
    assert sorted(told, key=str) == [
        ("allocation.approved", "Cables"), ("allocation.approved", "PCB"), ("qbr.published", None),
    ]  # fmt: skip
    assert told["qbr.published", None]["quarter"] == "2026Q3"
    assert (told["allocation.approved", "PCB"]["id"], told["allocation.approved", "PCB"]["status"]) == (pcb, "approved")
    overridden = told["allocation.approved", "Cables"]
    assert (overridden["status"], [line["share"] for line in overridden["lines"]]) == ("overridden", [0.5, 0.5])
    assert not any(word in taken.body for taken in erp.taken for word in (b"Lin", b"ben", b"ann"))


async def test_a_webhook_is_told_what_it_listens_to_from_its_creation_on_and_each_once(
    post: Post, erp: Receiver
) -> None:
    await post.happen("score.changed", "qbr.published")
    await post.create(erp.url, "qbr.published")
    await post.happen("score.changed", "qbr.computed", "action.opened")
    wanted = await post.happen("qbr.published", "qbr.published")
    for _ in range(3):
        await post.serve()
    assert sorted(taken.event["data"]["id"] for taken in erp.taken) == sorted(map(str, wanted))


async def test_a_recalculation_writes_nothing_where_nobody_listens(stage: Stage, post: Post) -> None:
    await post.happen(*["score.changed"] * 20)
    await post.serve()
    assert await stage.psql("scoring", "SELECT FROM webhook_delivery") == []
    # not even numbers: the feed is left to those who read it
    assert len(await stage.psql("scoring", "SELECT FROM feed_event WHERE feed_seq IS NULL")) == 20


async def test_a_receiver_that_is_away_has_a_place_in_the_feed_not_a_row_for_everything(
    stage: Stage, post: Post, erp: Receiver
) -> None:
    pace = Pace(most_waiting=10, made_at_once=4, longest_stretch=6)
    await post.create(erp.url)
    ids = await post.happen(*["score.changed"] * 25)
    database = stage.resources("scoring").database
    while await fan_out(database, pace):
        pass
    assert len(await stage.psql("scoring", "SELECT FROM webhook_delivery")) == 10
    while len(erp.taken) < 25:
        await post.serve(pace=pace)
    assert sorted(taken.event["data"]["id"] for taken in erp.taken) == sorted(map(str, ids))


async def test_an_event_that_is_committed_late_is_sent_all_the_same(stage: Stage, post: Post, erp: Receiver) -> None:
    await post.create(erp.url)
    late = stage.resources("scoring").database
    insert = "INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)"
    async with late.sessions() as slow:
        connection = await slow.connection()
        await connection.exec_driver_sql(
            f"{insert} VALUES ($1, 'score.changed', 'score', $1, 1, now(), '{{}}')", (new_id(),)
        )
        await post.happen("score.changed")
        await post.serve()
        assert len(erp.taken) == 1
        await slow.commit()
    await post.serve()
    assert len(erp.taken) == 2


async def test_a_test_event_is_sent_whatever_the_webhook_listens_to(post: Post, erp: Receiver) -> None:
    path, secret = await post.create(erp.url, "qbr.published")
    answer = await post.client.post(f"{path}/test")
    assert answer.status_code == 202
    await post.serve()
    (taken,) = erp.taken
    assert Webhook(secret).verify(taken.body, taken.headers)["type"] == "webhook.test"
    shown = (await post.client.get(answer.headers["location"])).json()
    assert (shown["status"], shown["body"]) == ("delivered", taken.event)


async def test_while_a_secret_is_rotated_both_sign(post: Post, erp: Receiver) -> None:
    path, first = await post.create(erp.url)
    rotated = await post.client.post(f"{path}/rotate")
    second = rotated.json()["secret"]
    assert rotated.json()["old_secrets_until"] is not None
    third = (await post.client.post(f"{path}/rotate", json={"overlap_hours": 1})).json()["secret"]
    await post.happen("score.changed")
    await post.serve()
    for secret in (first, second, third):
        Webhook(secret).verify(erp.taken[0].body, erp.taken[0].headers)
    last = (await post.client.post(f"{path}/rotate", json={"overlap_hours": 0})).json()
    assert last["old_secrets_until"] is None
    await post.happen("score.changed")
    await post.serve()
    Webhook(last["secret"]).verify(erp.taken[1].body, erp.taken[1].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(third).verify(erp.taken[1].body, erp.taken[1].headers)


async def test_a_webhooks_secret_ends_with_the_services_own_key_and_nothing_goes_out_unsigned(
    stage: Stage, post: Post, erp: Receiver
) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    changed = {"service_key_file": stage.folder / "scoring.next.pem"}
    changed["service_key_file"].write_bytes(OKPKey.generate_key("Ed25519").as_pem(private=True))
    await post.serve(**changed)
    state = await post.state(path)
    assert (state["status"], erp.taken) == ("disabled", [])
    assert "Rotate" in state["reason"]
    app = create_app(stage.settings("scoring", **changed), transport=stage.transport)
    async with serving(app, Authorization=post.client.headers["Authorization"]) as restarted:
        secret = (await restarted.post(f"{path}/rotate")).json()["secret"]
    await post.act(path, "enable")
    await post.serve(**changed)
    Webhook(secret).verify(erp.taken[0].body, erp.taken[0].headers)


async def test_a_slow_receiver_delays_nobody_else(stage: Stage, post: Post, erp: Receiver) -> None:
    async with receiver() as slow:
        await post.create(slow.url)
        await post.create(erp.url)
        slow.replies = [Reply(hang=True)] * 20
        await post.happen(*["score.changed"] * 20)
        all_taken = asyncio.Event()
        erp.on_taken = lambda: all_taken.set() if len(erp.taken) == 20 else None
        deliverer = Deliverer(stage.resources("scoring"), WebhookClient(LOCAL))
        await deliverer.tick()
        async with asyncio.timeout(10):
            await all_taken.wait()
        assert len(slow.taken) == SENT_AT_ONCE
        await deliverer.close(grace=0.5)


async def test_the_log_is_read_in_pages_the_newest_first(post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url, "score.changed", "qbr.published")
    await post.happen("score.changed", "qbr.published", "score.changed")
    await post.serve()
    first = (await post.client.get(f"{path}/deliveries", params={"limit": 2})).json()
    rest = await post.client.get(f"{path}/deliveries", params={"limit": 2, "cursor": first["next_cursor"]})
    ids = [entry["id"] for entry in [*first["items"], *rest.json()["items"]]]
    assert (ids, len(ids)) == (sorted(ids, reverse=True), 3)
    assert [entry["type"] for entry in await post.log(path, type="qbr.published")] == ["qbr.published"]


async def test_an_unchanged_webhook_need_not_be_read_again(post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url)
    etag = (await post.client.get(path)).headers["etag"]
    same: httpx.Response = await post.client.get(path, headers={"If-None-Match": etag})
    assert same.status_code == 304
    await post.happen("score.changed")
    await post.serve()
    assert (await post.client.get(path, headers={"If-None-Match": etag})).status_code == 200
