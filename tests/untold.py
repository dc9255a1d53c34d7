"""A look at every answer of the stage: its operation's description tells of its status, and of its problem's code."""

import json
from functools import cache
from typing import Any

from local.openapi import path_of
from shared.openapi.problems import CRASH, MEDIA_TYPE, RESPONSES
from shared.openapi.walking import operations

OF_EVERY_READ = "304"
"""Told once, in the conventions."""
Told = dict[tuple[str, str], dict[str, Any]]
"""What an operation may answer, by method and path: status -> the codes of its problems."""


class Watched:
    """An application, with a note of each answer that its description does not tell of."""

    def __init__(self, service: str, app: Any, noted: set[str]) -> None:
        self._service, self._app, self._noted = service, app, noted

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the application does."""
        status, is_problem, body = "", False, b""

        async def look_and_send(message: Any) -> None:
            nonlocal status, is_problem, body
            if message["type"] == "http.response.start":
                status = str(message["status"])
                is_problem = MEDIA_TYPE in dict(message["headers"]).get(b"content-type", b"").decode()
            elif is_problem:
                body += message.get("body", b"")
            await send(message)

        await self._app(scope, receive, look_and_send)
        operation = (scope["method"].lower(), getattr(scope.get("route"), "path_format", ""))
        answers = _told(self._service).get(operation)  # None where it is a page for people, or nothing is there
        code = json.loads(body)["type"].rpartition("/")[2] if body else None
        if answers is not None and code != CRASH and not _is_told(answers, status, code):
            self._noted.add(f"{self._service}: {' '.join(operation)} answered {status} {code or ''}".rstrip())


def _is_told(answers: dict[str, Any], status: str, code: str | None) -> bool:
    return status == OF_EVERY_READ or (status in answers and (code is None or code in answers[status]))


@cache
def _told(service: str) -> Told:
    document = json.loads(path_of(service).read_text("utf-8"))
    return {
        (method, path): {status: _codes(answer) for status, answer in operation["responses"].items()}
        for method, path, operation in operations(document)
    }


def _codes(answer: dict[str, Any]) -> set[str]:
    if "$ref" in answer:
        return {answer["$ref"].removeprefix(RESPONSES)}
    return set(answer.get("content", {}).get(MEDIA_TYPE, {}).get("examples", ()))
