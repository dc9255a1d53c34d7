"""Those who write policies, and those who publish them."""

from datetime import UTC, date, datetime
from typing import Any

import httpx

from tests.stage import Stage

TODAY = datetime.now(UTC).date()
STRICT: dict[str, Any] = {"prudent": {"audit": 20, "survey": 20}}
"""Changes of the default policy under which nobody of whom nothing is known is anything but high risk."""


class PolicyMakers:
    """Ann drafts, Ben publishes."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    async def send(
        self, method: str, path: str, body: Any = None, *, by: str = "ann", edition: int | None = None
    ) -> httpx.Response:
        """As a person, or as a machine called so."""
        caller = self.stage.machine("scoring", "scoring:write") if by == "machine" else self.stage.person("scoring", by)
        headers = {} if edition is None else {"If-Match": f'"{edition}"'}
        async with caller as client:
            return await client.request(method, f"/v1/policies{path}", json=body, headers=headers)

    async def draft(self, document: dict[str, Any] | None = None, *, by: str = "ann", **fields: Any) -> dict[str, Any]:
        """A draft; based on the default policy unless the fields say otherwise."""
        body = {"name": "trial", "based_on": 1, "document": document or {}} | fields
        answer = await self.send("POST", "", {name: value for name, value in body.items() if value is not None}, by=by)
        assert answer.status_code == 201, answer.text
        policy: dict[str, Any] = answer.json()
        return policy

    async def publish(
        self, policy: dict[str, Any], valid_from: date = TODAY, *, by: str = "ben", edition: int | None = None
    ) -> httpx.Response:
        return await self.send(
            "POST",
            f"/{policy['version']}/publish",
            {"valid_from": valid_from.isoformat()},
            by=by,
            edition=edition or policy["edition"],
        )

    async def published(self, document: dict[str, Any], valid_from: date = TODAY, **fields: Any) -> dict[str, Any]:
        """A policy that Ann drafted and Ben published."""
        answer = await self.publish(await self.draft(document, **fields), valid_from)
        assert answer.status_code == 200, answer.text
        policy: dict[str, Any] = answer.json()
        return policy
