"""Decided allocations as SAP's purchasing quota arrangements: one per material, plant and validity."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import allocation as domain
from services.scoring.models.allocations import Allocation, AllocationLine
from services.scoring.models.sourcing import Material
from services.scoring.repository import quota_mappings as repository
from services.scoring.repository.allocations import LIVE
from shared.errors import Conflict, FieldError, Invalid

ERP = "erp"
BOUGHT_OUTSIDE = "F"
"""SAP's key for external procurement."""
UNLIMITED = 0
"""SAP's initial value for a quantity: no minimum, no maximum."""

VendorNumbers = Mapping[tuple[str, str], Sequence[str]]
"""Supplier code and system -> what the system calls it."""


async def arrange(session: AsyncSession, allocations: Sequence[Allocation], system: str | None) -> list[dict[str, Any]]:
    """The quota arrangements of these allocations, in their order, for one system or all.

    Conflict where one is not decided on; Invalid names every material and vendor number that lacks.
    """
    undecided = next((each for each in allocations if each.status not in LIVE), None)
    if undecided is not None:
        raise Conflict(
            f"Only an approved allocation is a quota arrangement; that of {undecided.commodity} is {undecided.status}.",
            code="not-approved",
        )
    commodities = {each.commodity for each in allocations}
    suppliers = {line.supplier_code for each in allocations for line in each.lines}
    materials = await repository.list_materials(session, commodities)
    vendors = await repository.list_vendor_numbers(session, suppliers, ERP)
    percents = _percents(allocations)
    missing: list[FieldError] = []
    arrangements = []
    for allocation in allocations:
        of_commodity = materials.get(allocation.commodity, ())
        if not of_commodity:
            missing.append(FieldError(f"commodity {allocation.commodity}", "has no material in any ERP"))
        for material in of_commodity:
            if system is None or material.system == system:
                items = _items(allocation, percents[allocation.id], material.system, vendors, missing)
                arrangements.append(_arrangement(allocation, material, items))
    if missing:
        distinct = list(dict.fromkeys(missing))
        named = "; ".join(f"{each.pointer} {each.detail}" for each in distinct[:3])
        raise Invalid(f"The ERP's names are missing: {named}.", code="mapping-missing", fields=distinct)
    return arrangements


def _percents(allocations: Sequence[Allocation]) -> dict[UUID, dict[str, int]]:
    """Supplier code -> whole percents, for each allocation."""
    lines = [
        (n, line, int(_share(line).scaleb(6)))
        for n, each in enumerate(allocations)
        for line in sorted(each.lines, key=lambda line: line.supplier_code)
    ]
    if not lines:
        return {}
    largest = [_largest(each) for each in allocations]
    percents = domain.whole_percents(
        domain.SharedOut(
            commodity=np.array([n for n, _, _ in lines], dtype=np.int64),
            share=np.array([share for _, _, share in lines], dtype=np.int64),
            least=np.array([float(line.min_share or 0) for _, line, _ in lines]),
            most=np.array([min(_ceiling(line), largest[n]) for n, line, _ in lines]),
        )
    )
    found: dict[UUID, dict[str, int]] = {each.id: {} for each in allocations}
    for (n, line, _), percent in zip(lines, percents.tolist(), strict=True):
        found[allocations[n].id][line.supplier_code] = percent
    return found


def _share(line: AllocationLine) -> Decimal:
    decided = line.recommended_share if line.overridden_share is None else line.overridden_share
    return decided or Decimal(0)


def _ceiling(line: AllocationLine) -> float:
    return min(float(limit) for limit in (line.capacity_share, line.max_share, Decimal(1)) if limit is not None)


def _largest(allocation: Allocation) -> float:
    limit = allocation.limits.get("largest_share")
    return 1.0 if limit is None else float(limit)


def _items(
    allocation: Allocation,
    percents: Mapping[str, int],
    system: str,
    vendors: VendorNumbers,
    missing: list[FieldError],
) -> list[dict[str, Any]]:
    """Whoever gets at least a percent; nothing tells SAP to order nothing of the others but their absence."""
    items: list[dict[str, Any]] = []
    for line in allocation.lines:
        percent = percents[line.supplier_code]
        if not percent:
            continue
        numbers = vendors.get((line.supplier_code, system), ())
        if len(numbers) != 1:
            number = "no vendor number" if not numbers else f"several vendor numbers ({', '.join(numbers)})"
            missing.append(
                FieldError(
                    f"supplier {line.supplier_code}", f"has {number}: identifiers, scheme {ERP}, system {system}"
                )
            )
            continue
        items.append(
            {
                "quotaArrangementItem": str(len(items) + 1),
                "supplier": numbers[0],
                "materialProcurementCategory": BOUGHT_OUTSIDE,
                "purchasingSourceQuota": percent,
                "quotaMaximumQuantity": UNLIMITED,
            }
        )
    return items


def _arrangement(allocation: Allocation, material: Material, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "allocation_id": allocation.id,
        "commodity": allocation.commodity,
        "system": material.system,
        "material": material.material,
        "plant": material.plant,
        "validityStartDate": allocation.valid_from,
        "validityEndDate": allocation.valid_to,
        "materialBaseUnit": material.base_unit,
        "minQtyForSpltQuota": UNLIMITED,
        "toPurgQuotaArrangementItem": list(items),
    }
