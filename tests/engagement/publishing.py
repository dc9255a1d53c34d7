"""Newsletters as editors write them."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from typing import Any

import httpx

ARTICLE = {
    "code": "fees",
    "texts": {
        "en": {
            "title": "Recruitment fees",
            "body": "Dear {{ person.name }} of {{ supplier.name }},\n\nread [the guide](https://guide.example/a?b=1&c=2).",
        },
        "zh-Hant": {
            "title": "招募費用",
            "body": "{{ person.name }}，您好：\n\n請閱讀[指引](https://guide.example/zh)。",
        },
    },
}
ONLY_ENGLISH = {"code": "hours", "texts": {"en": {"title": "Hours", "body": "See https://guide.example/hours."}}}
NEWSLETTER = {
    "newsletter_ref": "ENEWS-1",
    "default_language": "en",
    "subjects": {"en": "News for {{ person.name }}", "zh-Hant": "給 {{ person.name }} 的電子報"},
    "articles": [ARTICLE, ONLY_ENGLISH],
    "audience": {"everybody": True},
}


async def draft(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    """A newsletter, the one above but for `changes`."""
    answer = await client.post("/v1/newsletters", json={**NEWSLETTER, **changes})
    assert answer.status_code == 201, answer.text
    drafted: dict[str, Any] = answer.json()
    return drafted


async def send(client: httpx.AsyncClient, newsletter: dict[str, Any]) -> httpx.Response:
    """Order it to be sent, as it was last read."""
    tag = {"If-Match": f'"{newsletter["version"]}"'}
    return await client.post(f"/v1/newsletters/{newsletter['id']}/send", headers=tag)


async def read(client: httpx.AsyncClient, newsletter: dict[str, Any]) -> dict[str, Any]:
    """The newsletter as it is now."""
    answer = await client.get(f"/v1/newsletters/{newsletter['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
