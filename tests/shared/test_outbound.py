"""Behind a company's proxy, with an authority of its own: who is reached through it, who never is, who is believed."""

import base64
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
import trustme
from joserfc.jwk import OKPKey

from services.engagement.clients import WeComAway, WeComClient
from services.scoring.clients import REFUSED, WebhookClient
from shared import http
from shared.auth.keys import IssuerKeys, with_key_id
from shared.errors import Unavailable
from shared.ids import new_id
from shared.outbound import Outbound
from shared.settings import Settings
from shared.storage import open_store
from shared.web.resources import open_resources
from tests.shared.forward_proxy import World, world_behind_a_proxy
from tests.stage import Stage

NAMES = ("issuer.example", "robots.example", "receiver.example", "bucket.s3.example", "s3.example")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def world(authority: trustme.CA) -> AsyncIterator[World]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*NAMES).configure_cert(tls)
    async with world_behind_a_proxy(tls) as made:
        yield made


@pytest.fixture
def outbound(world: World, authority: trustme.CA, tmp_path: Path) -> Outbound:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    return Outbound(world.proxy, authorities=tmp_path / "authority.pem")


async def test_the_issuers_keys_come_through_it(world: World, outbound: Outbound) -> None:
    key = with_key_id(OKPKey.generate_key("Ed25519"))
    issuer = "https://issuer.example"
    world.answers["/.well-known/openid-configuration"] = json.dumps({"jwks_uri": f"{issuer}/jwks"})
    world.answers["/jwks"] = json.dumps({"keys": [key.as_dict(private=False)]})
    async with http.open_client(outbound=outbound) as client:
        found = await IssuerKeys(client, issuer).find(str(key.kid))
    assert found is not None
    assert set(world.asked_for) == {"CONNECT issuer.example:443"}
    assert base64.b64decode(world.login.removeprefix("Basic ")) == b"user:pass word"


async def test_an_authority_that_was_not_named_is_not_believed(world: World, outbound: Outbound) -> None:
    async with http.open_client(outbound=replace(outbound, authorities=None)) as client:
        with pytest.raises(Unavailable):
            await IssuerKeys(client, "https://issuer.example").find("any")
    assert world.served == []


async def test_robots_are_spoken_to_through_it(world: World, outbound: Outbound) -> None:
    world.answers["/cgi-bin/webhook/send"] = json.dumps({"errcode": 0})
    async with WeComClient.open("https://robots.example", outbound) as robots:
        await robots.post("a key", "text", "hello")
        world.refused = frozenset({"robots.example"})
    async with WeComClient.open("https://robots.example", outbound) as robots:
        with pytest.raises(WeComAway):
            await robots.post("a key", "text", "hello")
    assert world.served == [("robots.example", "/cgi-bin/webhook/send?key=a+key")]


async def test_webhooks_go_through_it_and_it_resolves_their_names(world: World, outbound: Outbound) -> None:
    answer = await WebhookClient((), outbound).post("https://receiver.example:8443/hooks", {}, b"{}")
    assert answer.is_success
    assert (world.asked_for, world.served) == (
        ["CONNECT receiver.example:8443"],
        [("receiver.example:8443", "/hooks")],
    )
    world.refused = frozenset({"receiver.example"})
    refused = await WebhookClient((), outbound).post("https://receiver.example/hooks", {}, b"{}")
    assert (refused.status, refused.error) == (None, "ProxyError: 403 Forbidden")


@pytest.mark.parametrize(
    "url", ["https://10.0.0.7/", "https://169.254.169.254/", "https://[::1]/", "http://127.0.0.1/"]
)
async def test_the_proxy_is_never_asked_for_an_address_that_is_not_public(
    world: World, outbound: Outbound, url: str
) -> None:
    answer = await WebhookClient((), outbound).post(url, {}, b"{}")
    assert (answer.error, world.asked_for) == (REFUSED, [])


async def test_receivers_in_allowed_networks_and_direct_hosts_are_reached_without_it(
    world: World, outbound: Outbound
) -> None:
    within = replace(outbound, direct_hosts=("intranet.example",))
    allowed = [ip_network("127.0.0.0/8")]
    for url in ("http://127.0.0.1:9/", "https://127.0.0.1:9/", "https://crm.intranet.example:9/"):
        answer = await WebhookClient(allowed, within).post(url, {}, b"{}")
        assert answer.status is None
    assert world.asked_for == []


async def test_files_in_s3_are_kept_through_it(world: World, outbound: Outbound) -> None:
    store = open_store(
        "s3://bucket", endpoint="https://s3.example", region="eu", access_key_id="a", secret_access_key="b",
        outbound=outbound,
    )  # fmt: skip

    async def content() -> AsyncIterator[bytes]:
        yield b"evidence"

    with pytest.raises(Unavailable):  # the server outside is none of S3's: all that counts is how it was asked
        await store.put(new_id(), content())
    assert set(world.asked_for) == {"CONNECT s3.example:443"}
    assert world.served[0][0] == "s3.example"


async def test_the_houses_own_services_are_never_asked_through_it(
    stage: Stage, world: World, outbound: Outbound
) -> None:
    settings: Settings = stage.settings(
        "audit", outbound_proxy=world.proxy, ca_file=outbound.authorities, registry_url="http://127.0.0.1:9"
    )
    async with open_resources(settings) as resources:
        with pytest.raises(http.RequestFailed):
            await resources.ask("registry", "/v1/feed")
    assert world.asked_for == []


async def test_peers_whose_certificates_are_the_companys_own_are_believed(
    stage: Stage, outbound: Outbound, authority: trustme.CA
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with world_behind_a_proxy(tls) as house:
        peer = f"https://127.0.0.1:{house.port}"
        settings: Settings = stage.settings("audit", ca_file=outbound.authorities, registry_url=peer)
        async with open_resources(settings) as resources:
            assert await resources.ask("registry", "/v1/suppliers") == {}
    assert [path for _, path in house.served] == ["/v1/suppliers"]


def test_direct_hosts_are_names_with_all_below_them_and_addresses() -> None:
    outbound = Outbound("http://proxy:3128", ("intranet.example", "10.0.0.5", "fd00::5"))
    direct = ("intranet.example", "CRM.intranet.example.", "10.0.0.5", "fd00::5")
    assert not [host for host in direct if outbound.is_through_proxy(host)]
    through = ("notintranet.example", "example", "10.0.0.50", "1.10.0.0.5")
    assert all(outbound.is_through_proxy(host) for host in through)
    assert not Outbound().is_through_proxy("issuer.example")
    client = outbound.client()
    for host in (*direct, *through):
        url = httpx.URL(f"https://{f'[{host}]' if ':' in host else host}/")
        assert (client._transport_for_url(url) is client._transport) == (not outbound.is_through_proxy(host)), host
