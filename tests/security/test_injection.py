"""Words of callers that become headers, mails, lines of the log or addresses stay words."""

import json
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from io import StringIO
from typing import Any

import httpx
import pytest

from services.scoring.clients import WebhookClient
from tests.engagement.inviting import add_contact, follow_registry, invite, work
from tests.engagement.programme import create_supplier
from tests.scoring.webhook_receiver import receiver
from tests.security.operations import guarded
from tests.shared.smtp_sink import smtp_sink
from tests.stage import Stage, over_http
from tests.tried import Tried

SPLIT = "A\r\nBcc: thief@evil.example\r\nX-Evil: yes\r\n\r\nHello"
FORGED = '{"event": "forged", "level": "critical"}'


async def test_every_line_of_the_log_is_ours_whatever_callers_put_into_it(
    stage: Stage, logged: StringIO, tried: Tried
) -> None:
    requests = 0
    places: list[dict[str, Any]] = [
        {"url": f"/v1/x%0a{FORGED}%0d%0a"},
        {"url": "/v1/suppliers", "params": {"q": f"\n{FORGED}\n"}},
        {"url": "/v1/suppliers", "headers": {"User-Agent": FORGED, "traceparent": f"00-{FORGED}"}},
        {"url": "/v1/suppliers", "headers": {"X-Request-Id": FORGED, "X-Forwarded-For": FORGED}},
        {"url": f"/v1/import-mappings/suppliers/%0a{FORGED}"},
    ]
    for service in stage.apps:
        for place in places:
            async with stage.machine(service) as client:
                await client.get(**place)
                requests += 1
    async with stage.machine("registry") as client:
        named = await client.post("/v1/suppliers", json={"code": f"S\n{FORGED}", "name": f"\n{FORGED}\n"})
        await client.post("/v1/suppliers", json={"code": f"S\n{FORGED}", "name": "again"})
    assert named.status_code in (201, 422)
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    forged = [line for line in lines if line.get("event") == "forged" or line.get("level") == "critical"]
    tried("lines forged in the log", requests=requests + 2, attacks=requests + 2, failures=len(forged))
    assert len(lines) >= requests
    assert not forged


async def test_no_answer_is_split_by_what_a_caller_sends(stage: Stage, tried: Tried) -> None:
    """Over a real socket: what stands between the headers is what a browser would take for one."""
    split = "%0d%0aSet-Cookie:%20stolen=1%0d%0a%0d%0a%3Chtml%3E"
    asked = [operation for operation in guarded() if operation.service == "registry"]
    wrong = []
    async with over_http(stage, "registry") as url, httpx.AsyncClient(base_url=url) as client:
        for operation in asked:
            path = operation.path
            for name in operation.path_parameters:
                path = path.replace(f"{{{name}}}", split)
            target = f"{path}?cursor={split}&limit={split}&name={split}"
            token = stage.machine("registry").headers["authorization"]
            answer = await client.request(operation.method, target, headers={"Authorization": token, "If-Match": "*"})
            if "set-cookie" in answer.headers or answer.status_code >= 500:
                wrong.append((operation.id, int(answer.status_code)))
    tried(
        "answers split by line breaks",
        operations=len(asked),
        requests=len(asked),
        attacks=len(asked),
        failures=len(wrong),
    )
    assert not wrong


async def test_no_mail_gets_a_header_from_the_words_in_it(stage: Stage, tried: Tried) -> None:
    for code in ("S1", "S2"):
        await add_contact(stage, await create_supplier(stage, code), f"{code.lower()}@jade.example", name="Lin Mei")
    supplier_id = await create_supplier(stage, "S3")
    async with stage.machine("registry") as client:
        body = {"name": SPLIT, "email": "s3@jade.example", "role": "sustainability"}
        accepted = [(await client.post(f"/v1/suppliers/{supplier_id}/contacts", json=body)).status_code]
        for email in ("a@b.example\r\nBcc: thief@evil.example", "a@b.example,thief@evil.example", "x <a@b.example>"):
            answer = await client.post(f"/v1/suppliers/{supplier_id}/contacts", json={**body, "email": email})
            assert answer.status_code == 422, email
    await follow_registry(stage)
    starts = datetime.now(UTC) + timedelta(days=10)
    event = {
        "event_ref": "E1", "kind": "forum", "title": SPLIT, "topic": SPLIT, "location": SPLIT, "language": "en",
        "starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=1)).isoformat(),
        "time_zone": "Asia/Taipei", "channel": "hybrid",
    }  # fmt: skip
    async with stage.machine("engagement") as client:
        made = await client.post("/v1/events", json=event)
        accepted.append(made.status_code)
        if made.status_code != 201:
            event |= {"title": "Forum", "topic": "Topic", "location": "Here"}
            made = await client.post("/v1/events", json=event)
    assert set(accepted) <= {201, 422}
    await invite(stage, made.json())
    with smtp_sink() as sink:
        taken = await work(stage, sink)
    recipients = {address for address, _ in taken}
    wrong = [dict(message) for _, message in taken if is_split(message)]
    tried("headers of mails from words in them", operations=2, requests=6, attacks=6, failures=len(wrong))
    assert not wrong
    assert {"s1@jade.example", "s2@jade.example"} <= recipients
    assert not any("evil.example" in address for address in recipients)


def is_split(message: EmailMessage) -> bool:
    return message["Bcc"] is not None or message["X-Evil"] is not None


@pytest.mark.parametrize(
    "host",
    [
        "0177.0.0.1", "0x7f000001", "017700000001", "0", "0.0.0.0", "127.0.0.1.", "LOCALHOST", "localhost.",
        "127。0。0。1", "①②⑦.⓪.⓪.①", "[::]", "[0:0:0:0:0:ffff:7f00:1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]",
        "[64:ff9b::7f00:1]", "[::1%25lo]", "127.0.0.1%00.example.com", "127.0.0.1#.example.com",
        "example.com@127.0.0.1",
    ],
)  # fmt: skip
async def test_this_machine_is_not_reached_under_any_spelling(stage: Stage, tried: Tried, host: str) -> None:
    async with receiver() as inside:
        url = inside.url.replace("127.0.0.1", host)
        for scheme in ("http:", "https:"):
            answer = await WebhookClient(()).post(url.replace("http:", scheme), {}, b"{}")
            assert answer.status is None
    async with stage.machine("scoring") as client:
        created = await client.post("/v1/webhooks", json={"url": f"https://{host}/", "events": ["score.changed"]})
    assert created.status_code in (201, 422), created.text
    tried("webhooks to this machine under other names", requests=3, attacks=3, failures=len(inside.taken))
    assert inside.taken == []
