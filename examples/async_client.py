"""Prints why every supplier of high risk is one, asking for all of them at once. Needs httpx and scoring:read."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

CREDENTIALS = json.loads(Path(os.environ.get("CLIENT_FILE") or ".run/client.json").read_text("utf-8"))
SCORING = os.environ.get("SCORING_URL") or f"http://127.0.0.1:{int(os.environ.get('PORT_BASE') or '8000') + 4}"


async def everything(api: httpx.AsyncClient, path: str, **query: str) -> AsyncIterator[dict]:
    """All of a list, page by page."""
    while "cursor" not in query or query["cursor"]:
        page = (await api.get(path, params=query)).raise_for_status().json()
        query["cursor"] = page["next_cursor"]
        for item in page["items"]:
            yield item


async def explain(api: httpx.AsyncClient, supplier: dict) -> str:
    """The second sentence of the explanation: why this tier."""
    explanation = (await api.get(f"/v1/scores/{supplier['supplier_id']}/explanation")).raise_for_status().json()
    return f"{supplier['supplier_code']}: {explanation['words'][1]}"


async def main() -> None:
    """Sign in, list, ask, print."""
    async with httpx.AsyncClient(base_url=SCORING) as api:
        granted = await api.post(CREDENTIALS["token_url"], data={**CREDENTIALS, "grant_type": "client_credentials"})
        api.headers["Authorization"] = f"Bearer {granted.raise_for_status().json()['access_token']}"  # for 5 minutes
        scores = [each async for each in everything(api, "/v1/scores", risk_tier="high", limit="200")]
        print(*await asyncio.gather(*(explain(api, score) for score in scores)), sep="\n")


asyncio.run(main())
