"""What a browser's form, or a mail program in its place, posted."""

from collections.abc import Mapping

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import Message, Receive

from shared.errors import Malformed, TooLarge

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
MOST_FIELDS = 200

Fields = Mapping[str, tuple[str, ...]]
"""A field's name -> its values, in the order in which they were sent."""


async def read_fields(request: Request, most_bytes: int) -> Fields:
    """The fields of a form without files; TooLarge beyond `most_bytes`, Malformed where it is no form."""
    kind = Headers(scope=request.scope).get("content-type", "").partition(";")[0].strip().lower()
    if kind not in FORMS:
        raise Malformed("The body is not a form.")
    limited = Request(request.scope, _limited(request.receive, most_bytes))
    fields: dict[str, tuple[str, ...]] = {}
    async with limited.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=most_bytes) as data:
        for name, value in data.multi_items():
            if isinstance(value, str):
                fields[name] = (*fields.get(name, ()), value)
    return fields


def _limited(receive: Receive, most_bytes: int) -> Receive:
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most_bytes:
            raise TooLarge(f"The form is larger than {most_bytes} bytes.")
        return message

    return limited
