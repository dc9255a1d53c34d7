"""Addresses, signatures, retries and contents of webhooks."""

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from services.scoring.domain.webhook import events, retries
from services.scoring.domain.webhook.addresses import may_reach
from services.scoring.domain.webhook.signatures import sign, write_secret

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

NOT_PUBLIC = [
    "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "2002:7f00:1::", "2002:0a00:1::",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_nothing_is_sent_to_an_address_that_is_not_public(address: str) -> None:
    assert not may_reach(ip_address(address), (), encrypted=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_sent_to_with_encryption_alone(address: str) -> None:
    assert may_reach(ip_address(address), (), encrypted=True)
    assert not may_reach(ip_address(address), (), encrypted=False)


def test_allowed_networks_are_sent_to_in_whatever_form_their_addresses_come() -> None:
    allowed = (ip_network("10.20.0.0/16"), ip_network("fd00:1::/32"))
    for address in ("10.20.3.4", "::ffff:10.20.3.4", "64:ff9b::a14:304", "fd00:1::9"):
        assert may_reach(ip_address(address), allowed, encrypted=False), address
    for address in ("10.21.0.1", "::ffff:10.21.0.1", "fd00:2::9", "127.0.0.1"):
        assert not may_reach(ip_address(address), allowed, encrypted=True), address


@given(st.binary(min_size=24, max_size=64), st.dictionaries(st.text(max_size=20), st.text(max_size=50)))
def test_receivers_that_use_the_standards_own_library_believe_the_signature(
    random: bytes, event: dict[str, str]
) -> None:
    secret, body = write_secret(random), json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")
    at = int(datetime.now(UTC).timestamp())
    headers = {"webhook-id": "m", "webhook-timestamp": str(at), "webhook-signature": sign([secret], "m", at, body)}
    assert Webhook(secret).verify(body, headers) == json.loads(body)


def test_each_secret_signs_and_a_strange_one_does_not() -> None:
    old, new, strange = (write_secret(bytes([n]) * 32) for n in range(3))
    body, at = b'{"type":"score.changed"}', int(datetime.now(UTC).timestamp())
    headers = {"webhook-id": "m", "webhook-timestamp": str(at), "webhook-signature": sign([new, old], "m", at, body)}
    for secret in (old, new):
        assert Webhook(secret).verify(body, headers) == {"type": "score.changed"}
    with pytest.raises(WebhookVerificationError):
        Webhook(strange).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body + b" ", headers)


def test_an_attempt_is_repeated_by_the_standards_schedule_and_a_little_chance() -> None:
    waits = [retries.seconds_to_next(attempts, 0, None) for attempts in range(1, 11)]
    assert waits == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, None]
    assert retries.seconds_to_next(2, 0.5, None) == 315


@pytest.mark.parametrize(("asked", "waited"), [(None, 5), (2, 5), (60, 60), (10**7, 86_400)])
def test_a_receiver_that_asks_for_more_time_gets_it_up_to_a_day(asked: float | None, waited: float) -> None:
    assert retries.seconds_to_next(1, 0, asked) == waited


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("120", 120),
        ("9" * 400, 86_400),
        ("-5", None),
        ("soon", None),
        ("²", None),
        ("Sun, 22 Nov 2026 12:01:00 GMT", 60),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 22 Nov 2026 12:01:00 -0000", 60),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retries.read_retry_after(header, NOW) == seconds


def test_a_receiver_that_goes_on_failing_is_left_alone_for_longer_and_longer() -> None:
    rests = [retries.seconds_to_rest(failures, 500, None) for failures in (1, 2, 3, 4, 9, 5000)]
    assert rests == [0, 0, 1, 2, 60, 60]
    assert retries.seconds_to_rest(1, 429, 30) == 30
    assert retries.seconds_to_rest(1, 400, 30) == 0


def test_a_receiver_is_given_up_after_five_days_of_failures_alone() -> None:
    assert retries.is_given_up(NOW - timedelta(days=5), 10, NOW)
    assert not retries.is_given_up(NOW - timedelta(days=4, hours=23), 5000, NOW)
    assert not retries.is_given_up(NOW - timedelta(days=50), 9, NOW)


def test_what_a_feed_tells_besides_is_not_sent() -> None:
    told = events.tell("qbr.published", {"quarter": "2026Q3", "revision": 1, "note": "Ms Lin says so"})
    assert told == {"quarter": "2026Q3", "revision": 1, "policy_version": None, "grades": None}


def test_an_allocation_tells_what_was_decided_for_each_supplier_unless_it_is_very_long() -> None:
    line = {"supplier_id": None, "supplier_code": "S1", "recommended_share": 0.4, "overridden_share": None}
    overridden = {**line, "supplier_code": "S2", "overridden_share": 0.6, "reasons": ["..."]}
    told = events.tell("allocation.approved", {"lines": [line, overridden]})
    assert told["lines"] == [
        {"supplier_id": None, "supplier_code": "S1", "share": 0.4},
        {"supplier_id": None, "supplier_code": "S2", "share": 0.6},
    ]
    assert events.tell("allocation.approved", {"lines": [line] * 101})["lines"] is None
