"""A look at every answer of the stage: its operation's description tells of its status, headers and problem's code."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from local.openapi import path_of
from shared.openapi.headers import HEADERS
from shared.openapi.problems import CRASH, MEDIA_TYPE, RESPONSES
from shared.openapi.walking import operations

NOT_ALWAYS = {"Link"}
"""Headers that an answer may come without: the last page has no next one."""
MAY_BE_EMPTY = ("put", "200")
"""A PUT may find that there is nothing to be made, and then there is no version of it."""


@dataclass(frozen=True)
class Told:
    """What a description says of an answer."""

    codes: frozenset[str]
    """Of problems."""
    headers: frozenset[str]
    sure: frozenset[str]
    """Those of them without which it does not come."""


class Watched:
    """An application, with a note of each answer that its description does not tell of."""

    def __init__(self, service: str, app: Any, noted: set[str]) -> None:
        self._service, self._app, self._noted = service, app, noted

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the application does."""
        status, headers, body = "", {}, b""

        async def look_and_send(message: Any) -> None:
            nonlocal status, headers, body
            if message["type"] == "http.response.start":
                status = str(message["status"])
                headers = {name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]}
            elif MEDIA_TYPE in headers.get("content-type", ""):
                body += message.get("body", b"")
            await send(message)

        await self._app(scope, receive, look_and_send)
        operation = (scope["method"].lower(), getattr(scope.get("route"), "path_format", ""))
        answers = _answers_of(self._service).get(operation)  # None: a page for people, or nothing is there
        code = json.loads(body)["type"].rpartition("/")[2].rpartition("#")[2] if body else None
        if answers is not None and code != CRASH:
            sent = {name for name in HEADERS if name.lower() in headers}
            for what in _not_as_told(answers.get(status), code, sent):
                self._noted.add(f"{self._service}: {' '.join(operation)} answered {status} {what}")


def _not_as_told(told: Told | None, code: str | None, sent: set[str]) -> list[str]:
    if told is None or (code is not None and code not in told.codes):
        return [f"{code or 'so'}, which is not told"]
    untold, missing = sent - told.headers, told.sure - sent
    return [*(f"with {name}, which is not told" for name in untold), *(f"without {name}" for name in missing)]


@cache
def _answers_of(service: str) -> dict[tuple[str, str], dict[str, Told]]:
    """By method and path, and by status."""
    document = json.loads(path_of(service).read_text("utf-8"))
    shared = document["components"]["responses"]

    def told(method: str, status: str, answer: dict[str, Any]) -> Told:
        name = answer.get("$ref", "").removeprefix(RESPONSES)
        full = shared[name] if name else answer
        codes = {name} if name else full.get("content", {}).get(MEDIA_TYPE, {}).get("examples", ())
        headers = frozenset(full.get("headers", ()))
        one_or_many = "anyOf" in full.get("content", {}).get("application/json", {}).get("schema", {})
        is_sure = (method, status) != MAY_BE_EMPTY and not one_or_many  # many have no version and no place of their own
        return Told(frozenset(codes), headers, headers - NOT_ALWAYS if is_sure else frozenset())

    return {
        (method, path): {status: told(method, status, answer) for status, answer in operation["responses"].items()}
        for method, path, operation in operations(document)
    }
