"""What learning systems' statements (xAPI 1.0.3) mean here: which verbs count, who acts for whom, what a course is."""

import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

Verb = Literal["viewed", "completed", "passed"]

VERBS: Final[Mapping[str, Verb]] = {
    "http://id.tincanapi.com/verb/viewed": "viewed",
    "http://adlnet.gov/expapi/verbs/completed": "completed",
    "http://adlnet.gov/expapi/verbs/passed": "passed",
}
SUPPLIER_EXTENSION: Final = "https://bellwether.example/xapi/supplier_code"
COURSE_URN: Final = "urn:bellwether:course:"
LONGEST_CODE: Final = 64
SLOW_CLOCK: Final = timedelta(minutes=5)
"""How far ahead of ours a learning system's clock may be."""

ANSWERED_VERSIONS: Final = {"1.0": "1.0.3", "2.0": "2.0.0"}
_VERSION: Final = re.compile(r"(1\.0|2\.0)(\.\d{1,3})?")
_SET_BY_A_STORE: Final = ("authority", "stored", "version")


def answered_version(asked: str | None) -> str | None:
    """The version to answer with, for the one that a request names; None where it is none of those understood."""
    match = _VERSION.fullmatch((asked or "").strip())
    return None if match is None else ANSWERED_VERSIONS[match.group(1)]


def course_code(object_id: str) -> str | None:
    """The code in `urn:bellwether:course:CODE`; None where the object is named by a link."""
    return object_id.removeprefix(COURSE_URN) if object_id.startswith(COURSE_URN) else None


def supplier_code(extensions: Mapping[str, Any] | None, account_name: str | None) -> str | None:
    """For which supplier somebody acts: the extension says it, else the account's name, as in `S-0042/p-17`."""
    named = (extensions or {}).get(SUPPLIER_EXTENSION)
    if named is not None:
        return str(named).strip() or None
    code, slash, _ = (account_name or "").partition("/")
    return code.strip() or None if slash else None


def may_be_code(text: str) -> bool:
    """Whether it is worth asking for a supplier with that code; a learning system may say anything."""
    return len(text) <= LONGEST_CODE and text.isprintable()


def digest(key: bytes, statement: Mapping[str, Any]) -> str:
    """What two equal statements share, whatever the order of their members and whatever a store has added.

    Keyed like the person's reference: else a guess at the person could be proved by it.
    """
    said = {name: value for name, value in statement.items() if name not in (*_SET_BY_A_STORE, "id")}
    written = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    return hmac.digest(hmac.digest(key, b"xapi statements", "sha256"), written, "sha256").hex()


def complaint_about_time(occurred_at: datetime, now: datetime) -> str | None:
    """What is wrong with the time of a statement."""
    return "lies in the future" if occurred_at > now + SLOW_CLOCK else None


def complaint_about_result(verb: Verb, success: bool | None, completion: bool | None) -> tuple[str, str] | None:
    """The member of the result that says the opposite of the verb, and that it does."""
    if verb == "passed" and success is False:
        return "success", "is false, though the verb is passed"
    if verb == "completed" and completion is False:
        return "completion", "is false, though the verb is completed"
    return None
