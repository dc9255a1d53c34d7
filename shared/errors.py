"""The kinds of error that a use case can end in, without a word of HTTP; `shared.web` maps them once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing to mend: `pointer` is a JSON Pointer into the request, `detail` says what to fix."""

    pointer: str
    detail: str


class BellwetherError(Exception):
    """An expected failure: `code` is stable and machine-readable, `detail` is for people."""

    code = "error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        fields: Sequence[FieldError] = (),
        members: Mapping[str, object] | None = None,
    ) -> None:
        """Keep what the caller has to know; `code` replaces the class's own, `members` tell machines more."""
        super().__init__(detail)
        self.detail = detail
        self.fields = tuple(fields)
        self.members = dict(members or {})
        if code is not None:
            self.code = code


class Invalid(BellwetherError):
    """The request is understood and wrong; it changes nothing."""

    code = "invalid"


class Malformed(BellwetherError):
    """The request cannot be understood at all, such as a token of ours that is not ours."""

    code = "malformed"


class Unauthenticated(BellwetherError):
    """Nobody known is asking."""

    code = "unauthenticated"


class Forbidden(BellwetherError):
    """The caller is known and may not do this."""

    code = "forbidden"


class NotFound(BellwetherError):
    """There is no such thing, or none that this caller may see."""

    code = "not-found"


class Conflict(BellwetherError):
    """The thing is not in a state that allows this."""

    code = "conflict"


class PreconditionFailed(BellwetherError):
    """The caller's version is not the current one."""

    code = "version-mismatch"


class PreconditionRequired(BellwetherError):
    """A change of an existing thing must name the version that it is based on."""

    code = "if-match-required"


class Gone(BellwetherError):
    """What the caller holds on to is over; `detail` says how to start again."""

    code = "gone"


class TooLarge(BellwetherError):
    """More than this endpoint takes."""

    code = "too-large"


class Unsupported(BellwetherError):
    """A media type that this endpoint does not read."""

    code = "unsupported-media-type"


class NotAcceptable(BellwetherError):
    """None of the media types that the caller accepts can be given."""

    code = "not-acceptable"


class Unavailable(BellwetherError):
    """Something needed is away for now; the same request may succeed later."""

    code = "unavailable"


class TooMany(BellwetherError):
    """More of something than the caller may within a time; `headers` say how many, and when there may be more."""

    code = "quota-exceeded"

    def __init__(self, detail: str, *, headers: Mapping[str, str], members: Mapping[str, object]) -> None:
        """Keep what the answer's headers say."""
        super().__init__(detail, members=members)
        self.headers = dict(headers)
