"""Errors as RFC 9457 problem details; the one place where kinds of error become HTTP."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from shared import errors
from shared.db import is_passing, may_have_committed
from shared.web.idempotency import Replayed
from shared.web.rendering import to_json

TYPE_PREFIX = "https://bellwether.example/problems/"

QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
"""The one kind of ours that has a registered name."""

STATUS_OF: dict[type[errors.BellwetherError], HTTPStatus] = {
    errors.Malformed: HTTPStatus.BAD_REQUEST,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    errors.PreconditionRequired: HTTPStatus.PRECONDITION_REQUIRED,
    errors.Gone: HTTPStatus.GONE,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    errors.Unsupported: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

MALFORMED_JSON = "malformed-json"

UNIQUE_VIOLATION = "23505"
INTEGRITY_CLASS = "23"
DATA_CLASS = "22"

log = structlog.get_logger()


class ProblemField(BaseModel):
    """One thing to mend in the request."""

    pointer: str = Field(description="JSON Pointer into the request", examples=["#/country"])
    detail: str = Field(examples=["String should have 2 characters"])


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="Names the kind of problem", examples=[TYPE_PREFIX + "not-found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["No such supplier."])
    instance: str = Field(examples=["/v1/suppliers/01990000-0000-7000-8000-000000000000"])
    request_id: str | None = Field(examples=["01990000-0000-7000-8000-000000000000"])
    errors: list[ProblemField] = Field(default_factory=list)


def problem(
    request_path: str,
    request_id: str | None,
    status: int,
    code: str,
    detail: str,
    fields: Sequence[Any] = (),
    members: Mapping[str, object] | None = None,
) -> Response:
    """A response that says what went wrong and what to mend."""
    body: dict[str, Any] = {
        "type": QUOTA_EXCEEDED if code == errors.TooMany.code else TYPE_PREFIX + code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request_path,
        "request_id": request_id,
        **(members or {}),
    }
    if fields:
        body["errors"] = [{"pointer": field.pointer, "detail": field.detail} for field in fields]
    headers = {"Retry-After": "1"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    if code == "insufficient-scope":
        headers["WWW-Authenticate"] = 'Bearer error="insufficient_scope"'
    return Response(to_json(body), status, headers, media_type="application/problem+json")


def _answer(
    request: Request,
    status: int,
    code: str,
    detail: str,
    fields: Sequence[Any] = (),
    members: Mapping[str, object] | None = None,
) -> Response:
    return problem(request.url.path, request.scope.get("request_id"), status, code, detail, fields, members)


def on_known(request: Request, error: Exception) -> Response:
    """An expected failure."""
    assert isinstance(error, errors.BellwetherError)  # noqa: S101  # registered for nothing else
    status = next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)
    answer = _answer(request, status, error.code, error.detail, error.fields, error.members)
    if isinstance(error, errors.TooMany):
        answer.headers.update(error.headers)
    return answer


def on_validation(request: Request, error: Exception) -> Response:
    """A request that does not have the documented shape."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    malformed = any(item["type"] == "json_invalid" for item in error.errors())
    # A body that a route's dependency reads as well is complained about twice.
    fields = list(dict.fromkeys(_field(item) for item in error.errors()))
    status = HTTPStatus.BAD_REQUEST if malformed else HTTPStatus.UNPROCESSABLE_ENTITY
    detail = "The body is not JSON." if malformed else "The request does not have the documented shape."
    return _answer(request, status, MALFORMED_JSON if malformed else "validation-error", detail, fields)


def on_http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: unknown paths and methods."""
    assert isinstance(error, HTTPException)  # noqa: S101
    if isinstance(error.__cause__, errors.BellwetherError):
        # Raised while the body came in; the framework wraps whatever interrupts that.
        return on_known(request, error.__cause__)
    if isinstance(error.__cause__, (ValueError, RecursionError)):
        # The framework takes only a JSONDecodeError for a body that is not JSON, and wraps what else its reader raises.
        why = _why_unread(error.__cause__)
        fields = [errors.FieldError("#", why)]
        return _answer(request, error.status_code, MALFORMED_JSON, f"The body cannot be read as JSON: {why}.", fields)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    answer = _answer(request, error.status_code, code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _why_unread(cause: ValueError | RecursionError) -> str:
    if isinstance(cause, RecursionError):
        return "it is nested too deeply"
    if isinstance(cause, UnicodeError):
        return "it is not UTF-8"
    return "a number has too many digits"


MAY_HAVE_BEEN_DONE = (
    "The connection to the database broke; whether this was carried out is not known. Repeat it with the same"
    " Idempotency-Key, or read what there is before you repeat it."
)


def on_database(request: Request, error: Exception) -> Response:
    """PostgreSQL refused or is away; what a race let through is a conflict, what it cannot store is invalid."""
    state = str(getattr(getattr(error, "orig", None), "sqlstate", "") or "")
    if state == UNIQUE_VIOLATION:
        return _answer(
            request,
            HTTPStatus.CONFLICT,
            "duplicate",
            "Something with the same key was created at the same time.",
        )
    if state.startswith(INTEGRITY_CLASS):
        return _answer(
            request,
            HTTPStatus.CONFLICT,
            "conflict",
            "Something that this refers to has changed; read it again.",
        )
    if state.startswith(DATA_CLASS):
        return _answer(
            request,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid",
            "A value cannot be stored (a NUL character, or a number out of range).",
        )
    log.error("database error", error=repr(error), sqlstate=state)
    if not is_passing(error):
        return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", "Something went wrong on our side.")
    return _answer(
        request,
        HTTPStatus.SERVICE_UNAVAILABLE,
        "unavailable",
        MAY_HAVE_BEEN_DONE
        if may_have_committed(error)
        else "The database cannot do this at the moment; nothing was changed. Try again.",
    )


def on_replayed(_request: Request, error: Exception) -> Response:
    """The kept answer to a repeated request."""
    assert isinstance(error, Replayed)  # noqa: S101
    return error.response


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem."""
    app.add_exception_handler(errors.BellwetherError, on_known)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(DBAPIError, on_database)
    app.add_exception_handler(PoolTimeoutError, on_database)
    app.add_exception_handler(OSError, on_database)
    app.add_exception_handler(Replayed, on_replayed)


def _field(item: Mapping[str, Any]) -> errors.FieldError:
    if item["type"] == "json_invalid":
        # What stands in the place of a field is where in the text it went wrong.
        return errors.FieldError("#", f"character {item['loc'][-1]}: {item['ctx']['error']}")
    return errors.FieldError(_pointer(item["loc"]), str(item["msg"]).removeprefix("Value error, "))


def _pointer(location: Sequence[int | str]) -> str:
    """A JSON Pointer for the body, `#/name`; `query: name` and the like for the other parts of a request."""
    where, *path = location
    tokens = [str(part).replace("~", "~0").replace("/", "~1") for part in path]
    if where == "body":
        return "#" + "".join(f"/{token}" for token in tokens)
    return f"{where}: {'.'.join(tokens)}"
