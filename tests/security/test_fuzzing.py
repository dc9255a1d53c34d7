"""schemathesis against all four services on the real database, as an administrator: all is answered as documented.

`SECURITY_EXAMPLES=100` tries so many examples of good and of bad data for each operation (`make security`),
`SECURITY_SEED` repeats a run. The short form has a fixed seed.
"""

import asyncio
import contextlib
import json
from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.generation.jsonschema import strategy as _read_early

from local.openapi import document
from migrations.histories import SERVICES
from shared.auth import tokens
from shared.ids import new_id
from shared.openapi.describing import TOKEN_PATH
from shared.web.resources import TOKEN_ISSUER
from tests.audit.evidence import DOCX, XLSX
from tests.security.extent import EXAMPLES, SEED
from tests.security.operations import OPEN, Operation, operations
from tests.security.world import World, build_world
from tests.stage import Stage, over_http
from tests.tried import Tried

assert _read_early  # the library would read it deep in a stack, where Python 3.11 may fail to parse it

PATIENCE_SECONDS = 20

BINARY = ("message/rfc822", "application/pdf", "image/jpeg", "image/png", "image/webp", XLSX, DOCX)


def send_as_it_is(_context: Any, value: Any) -> dict[str, Any]:
    """Bytes, or whatever was made up instead of them."""
    data = getattr(value, "data", value)
    return {"data": data if isinstance(data, bytes) else str(data).encode("utf-8", "replace")}


schemathesis.serializer(*BINARY)(send_as_it_is)

# What fits the description may still break a rule of the field, or name nothing that there is.
FITTING = ["2xx", "3xx", "400", "403", "404", "409", "410", "412", "413", "415", "422", "428"]
CONFIG = {
    "operations": [
        # A client and a secret that only look like ones.
        {"include-path": TOKEN_PATH, "checks": {"positive_data_acceptance": {"expected-statuses": [*FITTING, "401"]}}}
    ],
    "checks": {
        "positive_data_acceptance": {"expected-statuses": FITTING},
        "negative_data_rejection": {
            "expected-statuses": ["400", "401", "403", "404", "405", "409", "410", "412", "413", "415", "422", "428"]
        },
    },
}


def plain_pairs(described: Any) -> Any:
    """The description with its pairs as lists of two: schemathesis 4.32 takes `prefixItems` for an old `items`."""
    if isinstance(described, list):
        return [plain_pairs(part) for part in described]
    if not isinstance(described, dict):
        return described
    plain = {name: plain_pairs(part) for name, part in described.items() if name != "prefixItems"}
    if "prefixItems" in described:
        first, *others = described["prefixItems"]
        assert all(other == first for other in others), "pairs of one kind only"
        plain["items"] = first
    return plain


class Fuzzer:
    """Sends what schemathesis makes up to one service, and keeps what its checks say against the answers."""

    def __init__(self, url: str, world: World, service: str, token: str) -> None:
        described = plain_pairs(json.loads(document(service)))
        self.schema = schemathesis.openapi.from_dict(described, config=SchemathesisConfig.from_dict(CONFIG))
        self.url, self.world, self.service = url, world, service
        self.session = requests.Session()
        self.headers = {"Authorization": f"Bearer {token}"}
        self.requests = 0
        self.failures: dict[tuple[str, str], str] = {}
        self.statuses: Counter[int] = Counter()

    def attack(self, operation: Operation) -> None:
        found = self.schema[operation.path][operation.method]
        real = {}
        for name in operation.path_parameters:
            real[name] = self.world.value(operation, name)
        for mode in GenerationMode:
            self._try(operation, found.as_strategy(generation_mode=mode))
        if real:
            self._try(operation, found.as_strategy(generation_mode=GenerationMode.POSITIVE, path_parameters=real))

    def _try(self, operation: Operation, strategy: Any) -> None:
        @seed(SEED)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def send(case: Any) -> None:
            self._send(operation, case)

        with contextlib.suppress(Unsatisfiable):  # where nothing that is sent can be wrong
            send()

    def _send(self, operation: Operation, case: Any) -> None:
        headers = {} if operation.name in OPEN else self.headers
        response = case.call(base_url=self.url, session=self.session, headers=headers, timeout=PATIENCE_SECONDS)
        self.requests += 1
        self.statuses[response.status_code] += 1
        try:
            case.validate_response(response, headers=headers, transport_kwargs={"base_url": self.url})
        except FailureGroup as group:
            for failure in group.exceptions:
                self.failures.setdefault((operation.id, failure.title), f"{failure.message}\n{group}"[:1500])


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("service", SERVICES)
async def test_whatever_is_sent_is_answered_as_documented(stage: Stage, tried: Tried, service: str) -> None:
    world = await build_world(stage)
    client_id = str(new_id())
    claims = {"iss": TOKEN_ISSUER, "aud": tokens.AUDIENCE, "sub": client_id, "client_id": client_id, "scope": "admin"}
    token = tokens.sign(stage.token_key, claims, seconds=7200)
    aimed_at = [operation for operation in operations() if operation.service == service]
    async with over_http(stage, service) as url:
        fuzzer = Fuzzer(url, world, service, token)
        for operation in aimed_at:
            await asyncio.to_thread(fuzzer.attack, operation)
    print(f"{service}: seed {SEED}, {EXAMPLES} examples a kind, answers {sorted(fuzzer.statuses.items())}")  # noqa: T201
    tried(
        "schemathesis, all checks",
        operations=len(aimed_at),
        requests=fuzzer.requests,
        attacks=fuzzer.requests,
        failures=len(fuzzer.failures),
    )
    assert not fuzzer.failures, "\n\n".join(f"{key}: {text}" for key, text in fuzzer.failures.items())
