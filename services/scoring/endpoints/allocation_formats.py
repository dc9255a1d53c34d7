"""Allocations as JSON, as CSV, or in the shape of SAP's quota arrangements, by the caller's Accept."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from services.scoring.schemas.allocations import AllocationView
from shared.sheets import CSV, Cell, csv_block, csv_head

SAP = "application/vnd.sap.quota-arrangement+json"


class Format(StrEnum):
    """What is answered; the value is part of ETags."""

    JSON = "json"
    CSV = "csv"
    SAP = "sap"


OFFERS = {
    "application/json": Format.JSON,
    "*/*": Format.JSON,
    "application/*": Format.JSON,
    CSV: Format.CSV,
    "text/*": Format.CSV,
    SAP: Format.SAP,
}

OF_ALLOCATION = (
    "id",
    "version",
    "qbr_quarter",
    "qbr_revision",
    "commodity",
    "status",
    "valid_from",
    "valid_to",
    "supersedes",
    "infeasible",
)
OF_LINE = (
    "supplier_id",
    "supplier_code",
    "baseline_share",
    "recommended_share",
    "delta",
    "overridden_share",
    "share",
    "realised_share",
    "qbr_total",
    "grade",
    "multiplier",
    "risk_tier",
    "basis",
    "capacity_share",
    "max_share",
    "min_share",
    "blocked",
    "bound",
    "explanation",
)


def also(quotas: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """For the description of a route that also answers in these media types."""
    schema = quotas.model_json_schema(mode="serialization")
    shape = _inlined(schema, schema.pop("$defs"))
    return {200: {"content": {CSV: {"schema": {"type": "string"}}, SAP: {"schema": shape}}}}


def _inlined(schema: Any, parts: Mapping[str, Any]) -> Any:
    """A schema that refers to nothing outside itself, since a description's components are those of JSON answers."""
    if isinstance(schema, list):
        return [_inlined(each, parts) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"].rsplit("/", 1)[-1]], parts)
    return {name: _inlined(each, parts) for name, each in schema.items()}


async def wanted_format(request: Request) -> Format:
    """What the caller likes best of what there is; JSON where nothing fits."""
    best, weight = Format.JSON, 0.0
    for part in ",".join(request.headers.getlist("accept")).split(","):
        name, *parameters = [piece.strip().lower() for piece in part.split(";")]
        given = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        quality = float(given) if given.replace(".", "", 1).isdecimal() else 0.0
        if name in OFFERS and quality > weight:
            best, weight = OFFERS[name], quality
    return best


WantedFormat = Annotated[Format, Depends(wanted_format)]


def as_csv(allocations: Iterable[AllocationView], headers: Mapping[str, str]) -> Response:
    """A line for each line of each allocation."""
    rows: list[list[Cell]] = [
        [
            *(getattr(allocation, name) for name in OF_ALLOCATION),
            *(getattr(line, name) for name in OF_LINE),
        ]
        for allocation in allocations
        for line in allocation.lines
    ]
    header = ["allocation_id", *OF_ALLOCATION[1:], *OF_LINE]
    disposition = {"Content-Disposition": 'attachment; filename="allocations.csv"'}
    return Response(csv_head(header) + csv_block(rows), headers={**headers, **disposition}, media_type=CSV)


def as_sap(body: BaseModel, headers: Mapping[str, str]) -> Response:
    """A body in SAP's own field names."""
    return Response(body.model_dump_json(by_alias=True), headers=dict(headers), media_type=SAP)
