"""What engagement asks other services, and how it has WeCom's robots speak."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import date
from http import HTTPStatus
from typing import Any, Final, Self
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from services.engagement.schemas.suppliers import FoundSupplier, LookupAnswer
from services.engagement.schemas.topics import FindingStatistics
from shared import tracing
from shared.errors import Unavailable
from shared.http import RequestFailed
from shared.outbound import PLAIN, Outbound
from shared.web.resources import Resources

ROBOTS_PATH: Final = "/cgi-bin/webhook/send"
PATIENCE_SECONDS: Final = 5.0
LARGEST_ANSWER: Final = 64 * 1024
MOST_WORDS: Final = 300
MOST_PROVISIONS: Final = 20_000
MOST_SCORES: Final = 200

TAKEN: Final = 0
BUSY: Final = -1
TOO_FAST: Final = (45009, 45033)
UNKNOWN_ROBOT: Final = (93000, 40001, 40014)
"""WeCom's error codes; all others are about the message."""


async def look_up_suppliers(resources: Resources, codes: Collection[str], ids: Collection[UUID]) -> list[FoundSupplier]:
    """Those of these suppliers that the registry knows; Unavailable where it does not answer."""
    question = {"codes": sorted(codes), "ids": sorted(map(str, ids))}
    try:
        answer = await resources.ask_about("registry", "/v1/suppliers/lookup", question)
        return LookupAnswer.model_validate(answer).items
    except (RequestFailed, ValidationError) as error:
        raise Unavailable(
            "The registry cannot be asked about a supplier that is not known here yet; nothing was changed. Try again.",
            code="registry-unavailable",
        ) from error


async def count_findings_by_provision(resources: Resources, asked: Mapping[str, Any]) -> FindingStatistics:
    """Audit's statistics by provision, as it tells them to this service; Unavailable while it does not answer."""
    params = {name: str(value) for name, value in asked.items() if value is not None}
    params |= {"group_by": "provision", "limit": str(MOST_PROVISIONS)}
    try:
        return FindingStatistics.model_validate(await resources.ask("audit", "/v1/statistics/findings", params=params))
    except (RequestFailed, ValidationError) as error:
        raise Unavailable(
            "The audit service cannot be asked for its statistics now; try again.", code="audit-away"
        ) from error


class ScoredSupplier(BaseModel):
    """A score, as far as it matters here."""

    supplier_id: UUID


class ScoresPage(BaseModel):
    """Scoring's answer to a question for scores."""

    items: list[ScoredSupplier]
    next_cursor: str | None


async def list_suppliers_in_risk_tier(
    resources: Resources, risk_tier: str, *, at_once: int = MOST_SCORES
) -> frozenset[UUID]:
    """The suppliers that scoring has in that tier now; Unavailable while it does not answer."""
    params = {"risk_tier": risk_tier, "limit": str(at_once)}
    found: set[UUID] = set()
    while True:
        try:
            page = ScoresPage.model_validate(await resources.ask("scoring", "/v1/scores", params=params))
        except (RequestFailed, ValidationError) as error:
            raise Unavailable(
                "The scoring service cannot be asked for risk tiers now; try again.", code="scoring-away"
            ) from error
        found.update(one.supplier_id for one in page.items)
        if page.next_cursor is None:
            return frozenset(found)
        params = {**params, "cursor": page.next_cursor}


async def remind_of_certificate(
    resources: Resources, supplier_id: UUID, source_id: UUID, *, standard: str, reason: str, due_on: date
) -> None:
    """Have the registry remind a supplier of a certificate; asking again is the same as asking once.

    RequestFailed with the status where it refuses, without one or with 5xx where it is away.
    """
    body = {"standard": standard, "reason": reason, "due_on": due_on.isoformat()}
    await resources.tell("registry", f"/v1/suppliers/{supplier_id}/certificate-reminders/{source_id}", body)


async def tell_of_commitment(
    resources: Resources, finding_id: UUID, commitment_id: UUID, body: Mapping[str, Any]
) -> None:
    """Have the audit service take a commitment down as it stands; telling it again is the same as telling it once.

    RequestFailed with the status where it refuses, without one or with 5xx where it is away.
    """
    await resources.tell("audit", f"/v1/findings/{finding_id}/commitments/{commitment_id}", body)


class RobotAnswer(BaseModel):
    """What WeCom says to a message."""

    errcode: int
    errmsg: str = ""


class WeComAway(Unavailable):
    """WeCom cannot be reached or makes no sense: the same message may be taken later, or was taken already."""

    code = "wecom-away"


class RobotTooFast(Exception):
    """The robot has said too much: the message is for later."""


class RobotRefused(Exception):
    """WeCom will not take this however often it is asked; the words are for whoever posted it, free of the key."""


class WeComClient:
    """Has a robot say something in its group: at one host, following no redirect, reading no endless answer."""

    def __init__(self, client: httpx.AsyncClient, wecom_url: str, patience: float) -> None:
        """`client` follows no redirects; `patience` is how many seconds a message may take."""
        self._client = client
        self._url = wecom_url.rstrip("/") + ROBOTS_PATH
        self._patience = patience

    @classmethod
    @asynccontextmanager
    async def open(
        cls, wecom_url: str, outbound: Outbound = PLAIN, *, patience: float = PATIENCE_SECONDS
    ) -> AsyncIterator[Self]:
        """A client for the length of a block."""
        async with outbound.client(timeout=None) as client:  # see _ask
            yield cls(client, wecom_url, patience)

    async def post(self, key: str, msgtype: str, content: str) -> None:
        """Have the robot with `key` say `content`; `msgtype` is text or markdown.

        WeComAway is for a later try, RobotTooFast for one in a minute, RobotRefused for none.
        """
        with tracing.step("POST", "client", **tracing.address_of(self._url)):
            answer = await self._ask(key, {"msgtype": msgtype, msgtype: {"content": content}})
        if answer.errcode == TAKEN:
            return
        words = " ".join(answer.errmsg.replace(key, "***").split())[:MOST_WORDS]
        if answer.errcode in TOO_FAST:
            raise RobotTooFast(f"WeCom wants it later ({answer.errcode}): {words}")
        if answer.errcode == BUSY:
            raise WeComAway(f"WeCom is busy: {words}")
        if answer.errcode in UNKNOWN_ROBOT:
            raise RobotRefused(
                f"WeCom does not know this robot ({answer.errcode}): it was removed from its group or its key is "
                "wrong. Give the group the key that WeCom shows now, then post the message again."
            )
        raise RobotRefused(f"WeCom refuses the message ({answer.errcode}): {words}")

    async def _ask(self, key: str, message: dict[str, Any]) -> RobotAnswer:
        # The address has the key in it: no error may bring it along, so none is chained.
        try:
            async with (
                asyncio.timeout(self._patience),
                self._client.stream(
                    "POST", self._url, params={"key": key}, json=message, headers={"Accept-Encoding": "identity"}
                ) as response,
            ):
                content = await _read_shortly(response)
        except (httpx.HTTPError, TimeoutError) as error:
            raise WeComAway(f"WeCom cannot be reached ({type(error).__name__}).") from None
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise RobotTooFast("WeCom wants it later (HTTP 429).")
        if response.status_code != HTTPStatus.OK:
            raise WeComAway(f"WeCom answers with HTTP {response.status_code}.")
        try:
            return RobotAnswer.model_validate_json(content)
        except ValidationError:
            raise WeComAway("WeCom's answer cannot be read.") from None


async def _read_shortly(response: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > LARGEST_ANSWER:
            break
    return bytes(content[:LARGEST_ANSWER])
