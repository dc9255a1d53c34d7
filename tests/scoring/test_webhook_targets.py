"""Where webhooks are sent: to the address that was checked, under the name's certificate, and nowhere else."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.scoring.clients import REFUSED, WebhookClient
from services.scoring.domain.webhook.addresses import Address
from shared.outbound import Outbound
from tests.scoring.webhook_receiver import LOCAL, Receiver, Reply, receiver

NAME = "hooks.example.com"


class Names:
    """Answers with one set of addresses after the other, and with the last for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = [[ip_address(each) for each in answer] for answer in answers]
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
async def plain() -> AsyncIterator[Receiver]:
    async with receiver() as running:
        yield running


def named(url: str, name: str = NAME) -> str:
    return url.replace("127.0.0.1", name)


async def test_a_name_is_resolved_once_and_the_connection_made_to_what_was_checked(plain: Receiver) -> None:
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    answer = await WebhookClient(LOCAL, resolve=names).post(named(plain.url), {}, b"{}")
    assert answer.is_success
    port = int(plain.url.split(":")[2].split("/")[0])
    assert names.asked == [(NAME, port)]
    assert plain.taken[0].headers["host"] == f"{NAME}:{port}"
    assert plain.taken[0].target == "/hooks?token=t"


async def test_a_name_that_has_moved_to_an_address_inside_is_refused_at_the_next_attempt(plain: Receiver) -> None:
    client = WebhookClient(LOCAL, resolve=Names(["127.0.0.1"], ["10.0.0.1"]))
    assert (await client.post(named(plain.url), {}, b"{}")).is_success
    assert (await client.post(named(plain.url), {}, b"{}")).error == REFUSED
    assert len(plain.taken) == 1


@pytest.mark.parametrize("inside", ["10.0.0.1", "::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "100.64.0.9"])
async def test_one_address_that_is_not_public_is_enough_to_refuse_the_name(inside: str) -> None:
    client = WebhookClient((), resolve=Names(["93.184.215.14", inside]))
    assert (await client.post(f"https://{NAME}/", {}, b"{}")).error == REFUSED


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "localhost", "[::1]", "[::ffff:7f00:1]"]
)
async def test_this_machine_is_refused_under_all_its_names(plain: Receiver, host: str) -> None:
    for url in (named(plain.url, host), named(plain.url, host).replace("http:", "https:")):
        answer = await WebhookClient(()).post(url, {}, b"{}")
        assert answer.status is None
        assert answer.error in (REFUSED, "the host's name cannot be resolved")
    assert plain.taken == []


async def test_what_is_not_encrypted_goes_to_allowed_networks_alone() -> None:
    client = WebhookClient(LOCAL, resolve=Names(["93.184.215.14"]))
    assert (await client.post(f"http://{NAME}/", {}, b"{}")).error == REFUSED


async def test_an_address_of_a_name_that_does_not_answer_leads_to_the_next(plain: Receiver) -> None:
    client = WebhookClient(LOCAL, resolve=Names(["127.0.0.2", "127.0.0.1"]))
    assert (await client.post(named(plain.url), {}, b"{}")).is_success


async def test_a_receiver_that_is_away_is_told_so() -> None:
    answer = await WebhookClient(LOCAL).post("http://127.0.0.1:1/", {}, b"{}")
    assert (answer.status, answer.is_success) == (None, False)
    assert answer.error is not None
    assert answer.error.startswith("ConnectError")


async def test_a_name_that_does_not_exist_is_told_so() -> None:
    async def nobody(_host: str, _port: int) -> Sequence[Address]:
        raise OSError

    answer = await WebhookClient((), resolve=nobody).post(f"https://{NAME}/", {}, b"{}")
    assert answer.error == "the host's name cannot be resolved"


async def test_a_name_server_that_does_not_answer_is_waited_for_no_longer_than_a_receiver() -> None:
    async def silent(_host: str, _port: int) -> Sequence[Address]:
        await asyncio.Event().wait()
        return []

    answer = await WebhookClient((), resolve=silent, patience=0.1).post(f"https://{NAME}/", {}, b"{}")
    assert answer.error == "no answer within 0.1 seconds"


async def test_a_receiver_is_reached_at_its_ipv6_address_too() -> None:
    async with receiver(host="::1") as six:
        client = WebhookClient((ip_network("::1/128"),), resolve=Names(["::1"]))
        assert (await client.post(six.url, {}, b"{}")).is_success
        assert (await client.post(six.url.replace("127.0.0.1", "[::1]"), {}, b"{}")).is_success
    assert six.taken[1].headers["host"].startswith("[::1]:")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirections_are_failures_and_not_followed(plain: Receiver, status: int) -> None:
    async with receiver() as elsewhere:
        plain.replies = [Reply(status, {"Location": elsewhere.url})]
        answer = await WebhookClient(LOCAL).post(plain.url, {}, b"{}")
        assert (answer.status, answer.is_success) == (status, False)
        assert (len(plain.taken), elsewhere.taken) == (1, [])


async def test_proxies_of_the_environment_and_cookies_are_not_used(
    plain: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    plain.replies = [Reply(200, {"Set-Cookie": "session=1"})]
    client = WebhookClient(LOCAL)
    assert (await client.post(plain.url, {}, b"{}")).is_success
    assert (await client.post(plain.url, {}, b"{}")).is_success
    assert "cookie" not in plain.taken[1].headers


@pytest.mark.parametrize("reply", [Reply(hang=True), Reply(drip_head=True)])
async def test_a_receiver_that_never_answers_is_left_after_a_while(plain: Receiver, reply: Reply) -> None:
    plain.replies = [reply]
    async with asyncio.timeout(5):
        answer = await WebhookClient(LOCAL, patience=0.4).post(plain.url, {}, b"{}")
    assert answer.status is None
    assert answer.error is not None


async def test_a_receiver_that_has_said_yes_and_goes_on_talking_has_said_yes(
    plain: Receiver,
) -> None:
    plain.replies = [Reply(200, drip=True, content=b"well")]
    async with asyncio.timeout(5):
        answer = await WebhookClient(LOCAL, patience=0.4).post(plain.url, {}, b"{}")
    assert (answer.is_success, answer.error) == (True, None)
    assert answer.excerpt.startswith("well")


async def test_of_a_long_answer_the_beginning_is_read(plain: Receiver) -> None:
    plain.replies = [Reply(500, content=b"\0\xff" + b"x" * 5_000_000)]
    answer = await WebhookClient(LOCAL).post(plain.url, {}, b"{}")
    assert (answer.status, len(answer.content), len(answer.excerpt)) == (500, 64 * 1024, 1000)
    assert answer.excerpt.startswith("\ufffd\ufffdx")


async def test_a_receiver_that_speaks_no_http_is_told_so() -> None:
    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        answer = await WebhookClient(LOCAL).post(f"http://127.0.0.1:{port}/", {}, b"{}")
    finally:
        server.close()
    assert answer.status is None
    assert answer.error is not None


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """What a receiver of that name shows, and the authority of those who believe it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        subject,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        now - timedelta(days=1),
        now + timedelta(days=1),
    )
    signed = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(
        key, hashes.SHA256()
    )
    shown = folder / "receiver.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    shown.write_bytes(signed.public_bytes(pem) + private)
    showing = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    showing.load_cert_chain(shown)
    authority = folder / "authority.pem"
    authority.write_bytes(signed.public_bytes(pem))
    return showing, authority


async def test_the_certificate_is_checked_for_the_name_though_the_connection_goes_to_an_address(tmp_path: Path) -> None:
    showing, authority = certificate(tmp_path, NAME)
    asked: list[str | None] = []
    showing.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with receiver(showing, NAME) as secure:
        client = WebhookClient(LOCAL, Outbound(authorities=authority), resolve=Names(["127.0.0.1"]))
        assert (await client.post(secure.url, {}, b"{}")).is_success
        other = await client.post(secure.url.replace(NAME, "other.example.com"), {}, b"{}")
        stranger = await WebhookClient(LOCAL, resolve=Names(["127.0.0.1"])).post(secure.url, {}, b"{}")
    assert asked == [NAME, "other.example.com", NAME]
    assert other.status is None
    assert "certificate" in str(other.error)
    assert "certificate" in str(stranger.error)
    assert len(secure.taken) == 1
