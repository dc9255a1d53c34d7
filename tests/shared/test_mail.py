"""Mail is handed in to a real SMTP server, over TLS where it can be; refusals are told from absences."""

import ipaddress
import logging
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.mail import MailAway, Mailer, MailPutOff, MailServer, address, new_message
from tests.shared.smtp_sink import smtp_sink

LIN = "lin@jade.example"


def a_mail(subject: str = "Survey 2026", recipient: str = LIN) -> EmailMessage:
    return new_message(
        "Brand <survey@brand.example>",
        address(recipient, "林美"),
        subject,
        "請回答問卷\n",
        "<p>請回答問卷</p>",
        "<1@brand.example>",
    )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A certificate that nobody but its owner has signed."""
    folder: Path = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(private + signed.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


async def test_a_mail_arrives_as_it_was_written() -> None:
    with smtp_sink() as sink:
        async with Mailer.open(sink.url) as mailer:
            assert (await mailer.send(a_mail())).refused is None
            assert (await mailer.send(a_mail("Second", "wu@jade.example"))).refused is None
    (recipient, message), second = sink.taken
    plain = message.get_body(("plain",))
    assert (recipient, message["Subject"], message["Message-ID"]) == (LIN, "Survey 2026", "<1@brand.example>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert plain is not None
    assert plain.get_content().strip() == "請回答問卷"
    assert str(message["To"]) == f"林美 <{LIN}>"
    assert second[0] == "wu@jade.example"


async def test_a_mail_comes_back_to_another_address_than_its_senders_where_one_is_given() -> None:
    with smtp_sink() as sink:
        async with Mailer.open(sink.url) as mailer:
            await mailer.send(a_mail(), "bounces@brand.example")
            await mailer.send(a_mail())
    assert sink.senders == ["bounces@brand.example", "survey@brand.example"]
    assert str(sink.taken[0][1]["From"]) == "Brand <survey@brand.example>"


async def test_a_mail_that_is_put_off_is_taken_at_a_later_try() -> None:
    with smtp_sink() as sink:
        sink.to_data = ["451 4.7.1 try again"]
        async with Mailer.open(sink.url) as mailer:
            with pytest.raises(MailPutOff, match=r"451 4.7.1 try again"):
                await mailer.send(a_mail())
            assert (await mailer.send(a_mail())).refused is None
    assert sink.addresses() == [LIN]


async def test_a_refusal_is_told_in_the_servers_words_without_the_address() -> None:
    with smtp_sink() as sink:
        sink.to_recipient = {LIN: [f"550 5.1.1 <{LIN}> user unknown"]}
        async with Mailer.open(sink.url) as mailer:
            outcome = await mailer.send(a_mail())
            sink.to_data = ["554 5.7.1 looks like spam"]
            unwanted = await mailer.send(a_mail(recipient="wu@jade.example"))
    assert outcome.refused == "550 5.1.1 <address> user unknown"
    assert unwanted.refused == "554 5.7.1 looks like spam"
    assert sink.taken == []


async def test_a_server_that_is_away_is_for_a_later_try() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        async with Mailer.open(f"smtp://127.0.0.1:{taken.getsockname()[1]}") as mailer:
            with pytest.raises(MailAway, match="cannot be reached"):
                await mailer.send(a_mail())


async def test_a_server_that_does_not_answer_is_given_up_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        async with Mailer.open(f"smtp://127.0.0.1:{silent.getsockname()[1]}", patience=0.1) as mailer:
            with pytest.raises(MailAway):
                await mailer.send(a_mail())


async def test_a_connection_that_broke_is_made_anew() -> None:
    with smtp_sink() as sink:
        async with Mailer.open(sink.url) as mailer:
            await mailer.send(a_mail())
            assert mailer._client is not None
            mailer._client.close()
            assert (await mailer.send(a_mail())).refused is None
    assert sink.addresses() == [LIN, LIN]


async def test_mail_goes_over_tls_where_the_server_offers_it(certificate: ssl.SSLContext) -> None:
    with smtp_sink(settings={"tls_context": certificate}) as offering:
        async with Mailer.open(offering.url) as mailer:
            await mailer.send(a_mail())
    with smtp_sink(tls=certificate) as insisting:
        async with Mailer.open(insisting.url) as mailer:
            await mailer.send(a_mail())
    assert (offering.encrypted, insisting.addresses()) == ([True], [LIN])


async def test_a_certificate_that_nobody_signed_is_refused_unless_the_server_is_on_this_machine(
    certificate: ssl.SSLContext,
) -> None:
    with smtp_sink(tls=certificate) as sink:
        elsewhere = sink.url.replace("127.0.0.1", "0.0.0.0")
        async with Mailer.open(elsewhere) as mailer:
            with pytest.raises(MailAway, match="cannot be reached"):
                await mailer.send(a_mail())
    assert sink.taken == []


async def test_a_password_is_sent_over_tls_alone_unless_the_server_is_on_this_machine() -> None:
    with smtp_sink(credentials="brand:p%40ss%20word") as sink:
        async with Mailer.open(sink.url) as mailer:
            await mailer.send(a_mail())
        async with Mailer.open(sink.url.replace("127.0.0.1", "0.0.0.0")) as mailer:
            for _ in range(2):
                with pytest.raises(MailAway, match="offers no TLS"):
                    await mailer.send(a_mail())
        assert (sink.users, sink.addresses()) == (["brand"], [LIN])


async def test_a_login_that_fails_is_ours_to_mend_and_for_a_later_try() -> None:
    with smtp_sink(credentials="brand:wrong") as sink:
        async with Mailer.open(sink.url) as mailer:
            with pytest.raises(MailAway, match="refuses us: 535"):
                await mailer.send(a_mail())
    assert sink.taken == []


@pytest.mark.parametrize(
    "bad", ["lin@jade.example\r\nBcc: all@brand.example", "no address", "", "a@b@c", "@jade", "a@[1.2.3.4"]
)
def test_an_address_that_is_none_is_refused_before_it_gets_into_a_header(bad: str) -> None:
    with pytest.raises(ValueError):
        a_mail(recipient=bad)


def test_a_line_break_cannot_bring_in_a_header() -> None:
    with pytest.raises(ValueError):
        a_mail("Survey\r\nBcc: all@brand.example")
    with pytest.raises(ValueError):
        address(LIN, "Lin\nBcc: all@brand.example")


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "mail.example:25"])
def test_what_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="smtp"):
        MailServer.at(url)


def test_a_servers_address_is_read_with_its_credentials_and_never_shown_with_them() -> None:
    server = MailServer.at("smtps://brand%40mail:p%40ss@mail.example")
    assert (server.host, server.port, server.user, server.password) == ("mail.example", 465, "brand@mail", "p@ss")
    assert "p@ss" not in repr(server)
    assert MailServer.at("smtp://mail.example").port == 587


async def test_no_address_gets_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), smtp_sink() as sink:
        sink.to_recipient = {"wu@jade.example": ["550 no wu@jade.example here"]}
        async with Mailer.open(sink.url) as mailer:
            await mailer.send(a_mail())
            await mailer.send(a_mail(recipient="wu@jade.example"))
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.log")]
    assert not any("jade.example" in line for line in ours)
