"""Closure audits, and what they close, for tests of what follows from it."""

from collections.abc import Sequence
from typing import Any

import httpx

from tests.audit.programme import add_audit, add_finding, ago, read, step
from tests.stage import Stage


async def add_closure(stage: Stage, audit: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A closure audit that follows `audit`."""
    return await add_audit(
        stage, **{"kind": "closure", "follows_audit_id": audit["id"], "conducted_on": ago(20), **fields}
    )


async def implemented(stage: Stage, audit: dict[str, Any], severity: str = "major") -> dict[str, Any]:
    """A finding that the supplier says is mended, as Sam reported it and Ann approved of it."""
    finding = await add_finding(stage, audit, severity=severity)
    for name in ("plan", "plan/approve", "implement"):
        answer = await step(stage, finding["id"], name)
        assert answer.status_code == 200, answer.text
    return await read(stage, f"/v1/findings/{finding['id']}")


async def close_by(
    stage: Stage, closure: dict[str, Any], findings: Sequence[dict[str, Any]], person: str = "vera", **body: Any
) -> httpx.Response:
    """What the closure audit answers to closing these findings in these versions."""
    named = [{"finding_id": finding["id"], "version": finding["version"]} for finding in findings]
    async with stage.person("audit", person) as client:
        return await client.post(f"/v1/audits/{closure['id']}/close-findings", json={"findings": named, **body})
