"""ETags: the version of a resource, as conditional requests use it (RFC 9110, 13)."""

from typing import Annotated

from fastapi import Depends, Header, Request, Response

from shared.errors import Invalid, PreconditionFailed, PreconditionRequired


def etag_of(version: int, *parts: object) -> str:
    """The strong ETag of a version."""
    return '"' + "-".join([str(version), *map(str, parts)]) + '"'


def set_etag(response: Response, version: int, *parts: object) -> None:
    """Mark `response` with the resource's version and whatever else its body depends on (a day, a media type)."""
    response.headers["ETag"] = etag_of(version, *parts)


class Expected:
    """The version that a change is based on, from If-Match."""

    def __init__(self, versions: frozenset[int] | None, *, is_given: bool = True) -> None:
        """None stands for `*`: any version."""
        self._versions = versions
        self._is_given = is_given

    def check_absent(self) -> None:
        """Raise PreconditionFailed where the caller's change is based on something, and there is nothing yet."""
        if self._is_given:
            raise PreconditionFailed("There is nothing here yet that your change could be based on.")

    def check_upsert(self, version: int | None) -> None:
        """Check the current version, or, where there is nothing yet (None), that the caller expects nothing."""
        if version is None:
            self.check_absent()
        else:
            self.check(version)

    def check_put(self, version: int) -> None:
        """Check the current version, which has to be named unless it is 0: nothing was put there yet."""
        if version and not self._is_given:
            raise _missing()
        if self._versions is not None or version:
            self.check(version)
        else:
            self.check_absent()

    def check(self, version: int) -> None:
        """Raise PreconditionFailed unless `version`, the current one, is the expected one."""
        if self._versions is not None and version not in self._versions:
            raise PreconditionFailed(f"The current version is {version}: read it again, then repeat the change.")


def _missing() -> PreconditionRequired:
    return PreconditionRequired("Send If-Match with the ETag of the version that your change is based on.")


Tags = Annotated[str | None, Header(alias="If-Match", description="The ETag that the change is based on")]


def if_match(header: str | None) -> Expected:
    """The expected version; 428 without the header."""
    if header is None:
        raise _missing()
    if header.strip() == "*":
        return Expected(None)
    try:
        # Weak tags never match strongly; what follows the version in a tag (day, media type) does not matter here.
        tags = [tag.strip() for tag in header.split(",") if not tag.strip().startswith("W/")]
        return Expected(frozenset(int(tag.strip('"').split("-")[0]) for tag in tags))
    except ValueError:
        raise Invalid("If-Match must hold an ETag as this API gave it.", code="if-match-invalid") from None


async def _required(header: Tags = None) -> Expected:
    return if_match(header)


async def _where_given(header: Tags = None) -> Expected:
    return Expected(None, is_given=False) if header is None else if_match(header)


IfMatch = Annotated[Expected, Depends(_required)]
IfMatchWhereGiven = Annotated[Expected, Depends(_where_given)]
"""For upserts by a natural key, and for steps that need no version: checked where it is sent."""


def answer_conditionally(request: Request, response: Response) -> Response:
    """304 in place of `response` where the caller's If-None-Match names its ETag."""
    etag = response.headers.get("etag")
    asked = request.headers.get("if-none-match")
    if request.method != "GET" or etag is None or asked is None:
        return response
    tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
    if etag not in tags and "*" not in tags:
        return response
    kept = {name: response.headers[name] for name in ("etag", "cache-control", "vary") if name in response.headers}
    return Response(status_code=304, headers=kept)
