"""Which files the scoring service takes in."""

from services.scoring.schemas.country_risks import CountryRiskRow
from services.scoring.schemas.performance import PerformanceRow
from services.scoring.schemas.sourcing import CommodityRow, SourcingRow
from services.scoring.service import commodities, country_risks, performance, sourcing
from shared.imports import ImportKind

KINDS = (
    ImportKind(
        "country-risks", CountryRiskRow, ("country", "year", "source"), "scoring:write", country_risks.apply_rows
    ),
    ImportKind("performance", PerformanceRow, ("supplier_code", "quarter"), "scoring:write", performance.apply_rows),
    ImportKind(
        "commodities",
        CommodityRow,
        ("commodity",),
        "scoring:write",
        commodities.apply_rows,
        prose=frozenset({"description"}),
    ),
    ImportKind(
        "sourcing",
        SourcingRow,
        ("quarter", "commodity", "supplier_code"),
        "scoring:write",
        sourcing.apply_rows,
        check=sourcing.check_sums,
    ),
)
