"""Setting up webhooks over HTTP: what is shown, what is refused, who may."""

from typing import Any

import httpx
import pytest

from services.scoring.service.webhook import webhooks
from services.scoring.settings import ScoringSettings
from shared.errors import Invalid
from shared.ids import new_id
from tests.scoring.webhook_receiver import Post
from tests.stage import Stage

URL = "https://erp.example.com/hooks?token=t"
HOOK = {"url": URL, "events": ["score.changed", "qbr.published"]}


@pytest.fixture
def client(post: Post) -> httpx.AsyncClient:
    return post.client


async def test_a_secret_is_shown_once_and_kept_sealed(stage: Stage, client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/webhooks", json={**HOOK, "description": "ERP"}, headers={"Idempotency-Key": "k"})
    created = answer.json()
    secret = created.pop("secret")
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert secret.startswith("whsec_")
    shown = await client.get(answer.headers["location"])
    assert shown.json() == created
    assert (created["status"], created["events"], created["description"]) == ("active", HOOK["events"], "ERP")
    assert (await client.get("/v1/webhooks")).json()["items"] == [created]
    again = await client.post("/v1/webhooks", json={**HOOK, "description": "ERP"}, headers={"Idempotency-Key": "k"})
    assert again.status_code == 409
    for table in ("webhook", "feed_event", "audit_log", "idempotency_key"):
        rows = await stage.psql("scoring", f"SELECT row_to_json({table})::text AS row FROM {table}")
        assert all(secret not in row["row"] and secret[6:] not in row["row"] for row in rows), table


async def test_the_feed_tells_of_a_webhook_without_its_path(stage: Stage, client: httpx.AsyncClient) -> None:
    await client.post("/v1/webhooks", json=HOOK)
    (row,) = await stage.psql("scoring", "SELECT type, data::text AS data FROM feed_event")
    assert row["type"] == "webhook.created"
    assert "https://erp.example.com/" in row["data"]
    assert "token" not in row["data"]


@pytest.mark.parametrize(
    "url",
    [
        "erp.example.com",
        "ftp://erp.example.com/",
        "file:///etc/passwd",
        "https://",
        "https:///hooks",
        "https://user:secret@erp.example.com/",
        "https://@erp.example.com/",
        "https://erp.example.com/#there",
        "https://erp.example.com/#",
        "https://erp.example.com:0/",
        "https://erp.example.com:99999/",
        "https://erp.example.com\\@127.0.0.1/",
        "https://erp example.com/",
        "https://erp.example.com/\r\nX: y",
        "http://8.8.8.8/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://[/",
        "x" * 2001,
    ],
)
async def test_a_url_to_which_nothing_could_be_sent_is_refused(client: httpx.AsyncClient, url: str) -> None:
    answer = await client.post("/v1/webhooks", json={**HOOK, "url": url})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == "#/url"


@pytest.mark.parametrize("url", ["http://erp.example.com/", "https://127.0.0.1/", "http://127.0.0.1/"])
def test_without_allowed_networks_nothing_goes_out_unencrypted_or_to_this_machine(url: str) -> None:
    with pytest.raises(Invalid):
        webhooks.check_target(url, ())


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [({"events": []}, "#/events"), ({"events": ["supplier.merged"]}, "#/events/0"), ({"secret": "x"}, "#/secret")],
)
async def test_what_else_is_wrong_is_named(client: httpx.AsyncClient, changed: dict[str, Any], pointer: str) -> None:
    answer = await client.post("/v1/webhooks", json={**HOOK, **changed})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_change_needs_the_current_version_and_tells_only_itself(client: httpx.AsyncClient, post: Post) -> None:
    path, _ = await post.create("https://erp.example.com/a")
    body = {"events": ["allocation.approved", "allocation.approved"], "description": "Orders"}
    assert (await client.patch(path, json=body)).status_code == 428
    assert (await client.patch(path, json=body, headers={"If-Match": '"9"'})).status_code == 412
    read = await client.get(path)
    changed = await client.patch(path, json=body, headers={"If-Match": read.headers["etag"]})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["events"], changed.json()["description"]) == (["allocation.approved"], "Orders")
    same = await client.patch(path, json=body, headers={"If-Match": changed.headers["etag"]})
    assert same.headers["etag"] == changed.headers["etag"]
    refused = await client.patch(path, json={"url": "https://10.0.0.1/"}, headers={"If-Match": "*"})
    assert refused.status_code == 422
    moved = await client.patch(path, json={"url": "https://erp.example.com/b"}, headers={"If-Match": "*"})
    assert moved.json()["url"] == "https://erp.example.com/b"
    cleared = await client.patch(path, json={"description": None}, headers={"If-Match": "*"})
    assert cleared.json()["description"] is None


async def test_a_webhook_is_disabled_enabled_and_withdrawn_for_good(client: httpx.AsyncClient, post: Post) -> None:
    path, _ = await post.create(URL)
    disabled = (await post.act(path, "disable", {"reason": "moving"})).json()
    assert (disabled["status"], disabled["reason"]) == ("disabled", "moving")
    assert (await client.post(f"{path}/test")).status_code == 409
    enabled = (await post.act(path, "enable")).json()
    assert (enabled["status"], enabled["reason"]) == ("active", None)
    assert (await client.delete(path, headers={"If-Match": '"1"'})).status_code == 412
    assert (await client.delete(path, params={"reason": "no more ERP"})).status_code == 204
    assert (await post.state(path))["status"] == "withdrawn"
    assert (await post.state(path))["reason"] == "no more ERP"
    for step in ("enable", "disable", "rotate", "test"):
        answer = await post.act(path, step)
        assert (answer.status_code, answer.json()["type"].split("/")[-1]) == (409, "webhook-withdrawn"), step
    assert (await client.get("/v1/webhooks", params={"status": "active"})).json()["items"] == []
    (row,) = await post.stage.psql("scoring", "SELECT sealed_secret, old_secrets::text FROM webhook")
    assert tuple(row) == ("", "[]")


async def test_who_did_what_is_in_the_audit_log(stage: Stage, client: httpx.AsyncClient, post: Post) -> None:
    path, _ = await post.create(URL)
    await client.post(f"{path}/test")
    await client.post(f"{path}/rotate")
    await post.act(path, "disable")
    await client.delete(path)
    rows = await stage.psql("scoring", "SELECT action FROM audit_log ORDER BY id")
    assert [row["action"] for row in rows] == [
        "webhook.created", "webhook_delivery.tested", "webhook.rotated", "webhook.disabled", "webhook.withdrawn",
    ]  # fmt: skip


async def test_webhooks_are_for_those_who_may_change_things_and_for_no_supplier(stage: Stage, post: Post) -> None:
    path, _ = await post.create(URL)
    async with stage.machine("scoring", "scoring:read", "feed:read", "allocation:approve") as reader:
        for answer in (await reader.get("/v1/webhooks"), await reader.get(path), await reader.post(f"{path}/test")):
            assert answer.status_code == 403
    async with stage.machine("scoring", "scoring:write", supplier_id=new_id()) as supplier:
        answers = [
            await supplier.get("/v1/webhooks"),
            await supplier.post("/v1/webhooks", json=HOOK),
            await supplier.get(path),
            await supplier.patch(path, json={}, headers={"If-Match": "*"}),
            await supplier.delete(path),
            await supplier.get(f"{path}/deliveries"),
            await supplier.post(f"{path}/replay", json={"since": "2026-01-01T00:00:00Z"}),
            *[
                await supplier.post(f"{path}/{step}", headers={"If-Match": "*"})
                for step in ("disable", "enable", "rotate", "test")
            ],
        ]
        assert {answer.status_code for answer in answers} == {404}
    async with stage.caller("scoring") as nobody:
        assert (await nobody.get("/v1/webhooks")).status_code == 401


async def test_what_there_is_not_is_not_found(client: httpx.AsyncClient, post: Post) -> None:
    path, _ = await post.create(URL)
    other, _ = await post.create(URL)
    delivery = (await client.post(f"{path}/test")).json()["id"]
    stranger = f"/v1/webhooks/{new_id()}"
    for address in (
        stranger,
        f"{stranger}/deliveries",
        f"{path}/deliveries/{new_id()}",
        f"{other}/deliveries/{delivery}",
    ):
        assert (await client.get(address)).status_code == 404
    for address in (f"{stranger}/test", f"{other}/deliveries/{delivery}/replay"):
        assert (await client.post(address)).status_code == 404


@pytest.mark.parametrize(
    "given", ["10.20.0.0/16,fd00:1::/32", "10.20.0.0/16 fd00:1::/32", '["10.20.0.0/16", "fd00:1::/32"]']
)
def test_allowed_networks_are_read_as_people_write_them(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    settings = stage.settings("scoring")
    for name in ("database_url", "redis_url", "service_key_file", "peer_keys_dir"):
        monkeypatch.setenv(name.upper(), str(getattr(settings, name)))
    monkeypatch.setenv("WEBHOOK_ALLOWED_NETWORKS", given)
    assert [str(network) for network in ScoringSettings.load().webhook_allowed_networks] == [
        "10.20.0.0/16",
        "fd00:1::/32",
    ]


@pytest.mark.parametrize("given", ["10.20.0.1/16", "inside", "[10.20.0.0/16]"])
def test_a_network_that_is_none_stops_the_start(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    settings = stage.settings("scoring")
    for name in ("database_url", "redis_url", "service_key_file", "peer_keys_dir"):
        monkeypatch.setenv(name.upper(), str(getattr(settings, name)))
    monkeypatch.setenv("WEBHOOK_ALLOWED_NETWORKS", given)
    with pytest.raises(SystemExit):
        ScoringSettings.load()
    assert "WEBHOOK_ALLOWED_NETWORKS" in capsys.readouterr().err
