"""When a receiver fails: what is sent again, when, and when no more; replays, and what is forgotten."""

from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from services.scoring.service.webhook.delivering import Forgetting
from services.scoring.service.webhook.fan_out import fan_out
from tests.scoring.webhook_receiver import Post, Receiver, Reply
from tests.stage import Stage

SINCE = {"since": "2020-01-01T00:00:00Z"}


async def test_a_failed_attempt_is_repeated_with_the_same_id_and_a_signature_of_its_own(
    post: Post, erp: Receiver
) -> None:
    path, secret = await post.create(erp.url)
    await post.happen("score.changed")
    erp.replies = [Reply(500, content=b"out of order"), Reply(503), Reply(200, content=b"ok")]
    await post.serve()
    (entry,) = await post.log(path, status="pending")
    assert (entry["attempts"], entry["response_status"], entry["response_excerpt"]) == (1, 500, "out of order")
    waits = datetime.fromisoformat(entry["next_attempt_at"]) - datetime.fromisoformat(entry["last_attempt_at"])
    assert timedelta(seconds=5) <= waits <= timedelta(seconds=7)
    assert ((await post.state(path))["failures"], len(erp.taken)) == (1, 1)
    await post.serve()
    assert len(erp.taken) == 1
    for _ in range(2):
        await post.let_time_pass()
        await post.serve()
    (entry,) = await post.log(path)
    assert (entry["status"], entry["attempts"], entry["response_excerpt"]) == ("delivered", 3, "ok")
    assert entry["next_attempt_at"] is None
    assert len({taken.id for taken in erp.taken}) == 1
    for taken in erp.taken:
        Webhook(secret).verify(taken.body, taken.headers)
    state = await post.state(path)
    assert (state["failures"], state["failing_since"]) == (0, None)


async def test_a_receiver_that_asks_for_time_gets_it(post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    erp.replies = [Reply(429, {"Retry-After": "1800"})]
    await post.serve()
    (entry,) = await post.log(path)
    waits = datetime.fromisoformat(entry["next_attempt_at"]) - datetime.fromisoformat(entry["last_attempt_at"])
    assert waits >= timedelta(seconds=1800)
    await post.happen("score.changed")
    await post.serve()
    assert len(erp.taken) == 1  # nothing else is sent meanwhile either


async def test_after_ten_attempts_a_delivery_is_dead_until_it_is_replayed(post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    erp.replies = [Reply(500)] * 10
    for _ in range(12):
        await post.let_time_pass()
        await post.serve()
    (dead,) = await post.log(path, status="dead")
    assert (dead["attempts"], len(erp.taken)) == (10, 10)
    assert (await post.state(path))["status"] == "active"
    replayed = await post.client.post(f"{path}/deliveries/{dead['id']}/replay")
    assert (replayed.status_code, replayed.json()["status"], replayed.json()["attempts"]) == (202, "pending", 0)
    await post.serve()
    (entry,) = await post.log(path, status="delivered")
    assert entry["id"] == dead["id"]
    assert {taken.id for taken in erp.taken} == {dead["event_id"]}


async def test_all_that_died_since_some_time_is_replayed_at_once(stage: Stage, post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url)
    await post.happen(*["score.changed"] * 3)
    erp.replies = [Reply(500)] * 3
    await post.serve()
    await stage.psql("scoring", "UPDATE webhook_delivery SET status = 'dead', finished_at = now()")
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert (await post.client.post(f"{path}/replay", json={"since": later})).json() == {"replayed": 0, "more": False}
    assert (await post.client.post(f"{path}/replay", json=SINCE)).json() == {"replayed": 3, "more": False}
    await post.serve()
    assert len(await post.log(path, status="delivered")) == 3
    assert (await post.client.post(f"{path}/replay", json={"since": "yesterday"})).status_code == 422


async def test_a_delivered_event_can_be_sent_once_more(post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    await post.serve()
    (entry,) = await post.log(path)
    await post.client.post(f"{path}/deliveries/{entry['id']}/replay")
    await post.serve()
    assert [taken.id for taken in erp.taken] == [entry["event_id"]] * 2


async def test_a_receiver_that_is_gone_is_sent_nothing_more_until_it_is_enabled(post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    erp.replies = [Reply(410)]
    await post.serve()
    state = await post.state(path)
    assert (state["status"], state["reason"]) == ("disabled", "The receiver answered 410 Gone: it wants nothing more.")
    (told,) = await post.stage.psql("scoring", "SELECT sub FROM audit_log WHERE action = 'webhook.disabled'")
    assert told["sub"] == "webhooks"
    (dead,) = await post.log(path, status="dead")
    missed = await post.happen("score.changed")
    await post.let_time_pass()
    await post.serve()
    assert len(erp.taken) == 1
    assert (await post.client.post(f"{path}/deliveries/{dead['id']}/replay")).status_code == 409
    assert (await post.act(path, "enable")).status_code == 200
    await post.serve()
    assert [taken.event["data"]["id"] for taken in erp.taken[1:]] == [str(missed[0])]


async def test_what_was_missed_can_be_skipped(post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    erp.replies = [Reply(500)]
    await post.serve()
    await post.act(path, "disable")
    await post.happen("score.changed", "score.changed")
    await post.act(path, "enable", {"skip_missed": True})
    wanted = await post.happen("score.changed")
    await post.let_time_pass()
    await post.serve()
    assert [taken.event["data"]["id"] for taken in erp.taken[1:]] == [str(wanted[0])]
    (skipped,) = await post.log(path, status="dead")
    assert "skip" not in skipped["event_id"]
    assert skipped["error"].startswith("Not sent")


async def test_a_receiver_that_fails_for_five_days_is_disabled(stage: Stage, post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    erp.replies = [Reply(500)] * 2
    await post.serve()
    await stage.psql("scoring", "UPDATE webhook SET failures = 9, failing_since = now() - interval '5 days'")
    await post.let_time_pass()
    await post.serve()
    state = await post.state(path)
    assert (state["status"], state["reason"]) == ("disabled", "Every attempt of the last five days failed.")
    assert len(await post.log(path, status="pending")) == 1
    (event,) = await stage.psql("scoring", "SELECT data::text AS data FROM feed_event WHERE type = 'webhook.disabled'")
    assert '"disabled"' in event["data"]


async def test_a_withdrawn_webhook_is_sent_nothing_of_what_waited(post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    erp.replies = [Reply(500)]
    await post.serve()
    await post.client.delete(path)
    await post.happen("score.changed")
    await post.let_time_pass()
    await post.serve()
    assert len(erp.taken) == 1
    (dead,) = await post.log(path)
    assert (dead["status"], dead["error"]) == ("dead", "The webhook was withdrawn before this was sent.")


async def test_what_waits_goes_to_the_new_url(post: Post, erp: Receiver) -> None:
    path, _ = await post.create("http://127.0.0.1:1/")
    await post.happen("score.changed")
    await post.serve()
    (entry,) = await post.log(path)
    assert (entry["response_status"], entry["error"][:12]) == (None, "ConnectError")
    await post.client.patch(path, json={"url": erp.url}, headers={"If-Match": "*"})
    await post.let_time_pass()
    await post.serve()
    assert len(erp.taken) == 1


async def test_a_change_that_the_feed_has_forgotten_ends_its_delivery(stage: Stage, post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    await fan_out(stage.resources("scoring").database)
    await stage.psql("scoring", "DELETE FROM feed_event")
    await post.serve()
    (dead,) = await post.log(path, status="dead")
    assert "forgotten" in dead["error"]
    assert (await post.client.get(f"{path}/deliveries/{dead['id']}")).json()["body"] is None
    assert erp.taken == []


async def test_deliveries_are_forgotten_thirty_days_after_their_end(stage: Stage, post: Post, erp: Receiver) -> None:
    path, _ = await post.create(erp.url)
    await post.happen("score.changed")
    erp.replies = [Reply(), Reply(500)]
    await post.serve()
    await post.happen("score.changed")
    await post.serve()
    forgetting = Forgetting(stage.resources("scoring").database)
    assert await forgetting.forget(datetime.now(UTC) + timedelta(days=29)) == 0
    assert await forgetting.forget(datetime.now(UTC) + timedelta(days=31)) == 1
    assert [entry["status"] for entry in await post.log(path)] == ["pending"]
    await post.serve()
    assert len(erp.taken) == 2
