"""What would break a client of the last release is named; what would not is let pass."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from local.breaking_changes import ACCEPTED, breaks, essence, unaccepted
from local.openapi import MERGED

Change = Callable[[dict[str, Any]], object]
SUPPLIERS = "/registry/v1/suppliers"


@pytest.fixture(scope="module")
def today() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(MERGED.read_text(encoding="utf-8"))
    return found


def test_nothing_breaks_a_client_of_the_last_release() -> None:
    assert unaccepted() == [], "keep it, or write into docs/released/accepted.json why it is right all the same"


def test_whatever_was_accepted_has_a_reason() -> None:
    assert all(json.loads(ACCEPTED.read_text(encoding="utf-8")).values())


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


BREAKING: dict[str, tuple[Change, str]] = {
    "a path": (lambda d: d["paths"].pop(SUPPLIERS), f"POST {SUPPLIERS} is gone"),
    "an operation": (lambda d: d["paths"][SUPPLIERS].pop("post"), f"POST {SUPPLIERS} is gone"),
    "an operation id": (
        lambda d: d["paths"][SUPPLIERS]["post"].update(operationId="add"),
        f"POST {SUPPLIERS}: operation id create_supplier became add",
    ),
    "a scope": (
        lambda d: d["paths"][SUPPLIERS]["post"].update(security=[{"oauth2": ["admin"]}]),
        f"POST {SUPPLIERS}: needs the scope admin",
    ),
    "a status": (
        lambda d: d["paths"][SUPPLIERS]["post"]["responses"].pop("201"),
        f"POST {SUPPLIERS}: answers 201 no more",
    ),
    "a parameter": (
        lambda d: d["paths"][SUPPLIERS]["get"].update(parameters=[]),
        f"GET {SUPPLIERS}: parameter country is gone",
    ),
    "a field of an answer": (
        lambda d: schema(d, "SupplierView")["properties"].pop("country"),
        f"POST {SUPPLIERS}: 201.country is gone",
    ),
    "a field of an answer that may be left out": (
        lambda d: schema(d, "SupplierView")["required"].remove("code"),
        f"POST {SUPPLIERS}: 201.code may be left out",
    ),
    "an answer that may be null": (
        lambda d: schema(d, "SupplierView")["properties"]["code"].update(type=["string", "null"]),
        f"POST {SUPPLIERS}: 201.code may be null",
    ),
    "a field that a request must have": (
        lambda d: schema(d, "NewSupplier")["required"].append("country"),
        f"POST {SUPPLIERS}: body.country is required",
    ),
    "a type that a request may have": (
        lambda d: schema(d, "NewSupplier")["properties"]["name"].update(type="integer"),
        f"POST {SUPPLIERS}: body.name takes no string any more",
    ),
    "a word that a request may have": (
        lambda d: schema(d, "SupplierKind")["enum"].remove("oem"),
        f"POST {SUPPLIERS}: body.kind takes oem no more",
    ),
    "a webhook": (lambda d: d["webhooks"].pop("score.changed"), "webhook score.changed is gone"),
}


@pytest.mark.parametrize("what", BREAKING)
def test_a_breaking_change_is_named(today: dict[str, Any], what: str) -> None:
    change, complaint = BREAKING[what]
    new = copy.deepcopy(today)
    change(new)
    assert complaint in breaks(essence(today), new)


def new_operation(document: dict[str, Any]) -> None:
    document["paths"]["/registry/v1/new"] = copy.deepcopy(document["paths"][SUPPLIERS])


HARMLESS: dict[str, Change] = {
    "nothing": lambda d: d,
    "an operation": new_operation,
    "a field of an answer": lambda d: schema(d, "SupplierView")["properties"].update(size={"type": "integer"}),
    "a field that a request may have": lambda d: schema(d, "NewSupplier")["properties"].update(size={"type": "string"}),
    "another word that a request may have": lambda d: schema(d, "SupplierKind")["enum"].append("trader"),
    "another description": lambda d: schema(d, "SupplierView").update(description="A company"),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_is_added_breaks_nobody(today: dict[str, Any], what: str) -> None:
    new = copy.deepcopy(today)
    HARMLESS[what](new)
    assert breaks(essence(today), new) == []
