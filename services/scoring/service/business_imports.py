"""Which files the business side takes in: performance, commodities, sourcing."""

from services.scoring.schemas.performance import PerformanceRow
from services.scoring.schemas.sourcing import CommodityRow, SourcingRow
from services.scoring.service import commodities, performance, sourcing
from shared.imports import ImportKind

KINDS = (
    ImportKind("performance", PerformanceRow, ("supplier_code", "quarter"), "scoring:write", performance.apply_rows),
    ImportKind("commodities", CommodityRow, ("commodity",), "scoring:write", commodities.apply_rows),
    ImportKind(
        "sourcing", SourcingRow, ("quarter", "commodity", "supplier_code"), "scoring:write", sourcing.apply_rows
    ),
)
