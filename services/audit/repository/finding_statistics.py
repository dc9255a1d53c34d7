"""The one statement that counts findings by group, made for millions of them.

Counts and days to close come from one pass that groups by key and days: a few hundred rows per key are left, from which
the medians follow without sorting findings. Distinct suppliers are counted by grouping twice, since count(DISTINCT)
sorts everything and bars parallel workers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.audit.domain.findings import UNMENDED

UNMENDED_LIST = ", ".join(f"'{status}'" for status in sorted(UNMENDED))
SUPPLIER = "JOIN supplier_copy s ON s.id = f.supplier_id"
AUDIT = "LEFT JOIN audit a ON a.id = f.audit_id"
MAPPED = """LEFT JOIN unnest(CAST(:standards AS text[]), CAST(:versions AS text[]), CAST(:codes AS text[]),
        CAST(:categories AS text[])) AS m(standard, version, code, category)
        ON m.standard = f.standard AND m.version = f.code_version AND m.code = f.provision"""

IN_PERIOD = "f.discovered_on BETWEEN :first AND :last"
YEAR_BEFORE = "f.discovered_on BETWEEN :first_before AND :last_before"
LIVE = "f.withdrawn_on IS NULL"
IMPROVED = f"{IN_PERIOD} AND {LIVE} AND f.closed_on <= :as_of"
DAYS = "f.closed_on - f.discovered_on"

COUNTS = {
    "findings": f"{IN_PERIOD} AND {LIVE}",
    "withdrawn": f"{IN_PERIOD} AND NOT {LIVE}",
    "open": f"{IN_PERIOD} AND f.status IN ({UNMENDED_LIST})",
    "implemented": f"{IN_PERIOD} AND f.status = 'implemented'",
    "closed": f"{IN_PERIOD} AND f.status = 'closed'",
    "overdue": f"{IN_PERIOD} AND f.status IN ({UNMENDED_LIST}) AND f.due_on < :today",
    "before": f"{YEAR_BEFORE} AND {LIVE}",
    "before_improved": f"{YEAR_BEFORE} AND {LIVE} AND f.closed_on <= :as_of_before",
}

COUNTED = ", ".join(f"count(*) FILTER (WHERE {condition}) AS {name}" for name, condition in COUNTS.items())
SUMS = ", ".join(f"sum({name}) AS {name}" for name in COUNTS)
QUANTILES = {"median": 0.5, "p90": 0.9}


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a group is: the columns that make it, and the tables that they need."""

    keys: tuple[str, ...]
    joins: tuple[str, ...] = ()


GROUPINGS: Mapping[str, Grouping] = {
    "provision": Grouping(("f.provision", "f.standard", "f.code_version")),
    "category": Grouping(("m.category",), (MAPPED,)),
    "severity": Grouping(("f.severity",)),
    "country": Grouping(("s.country",), (SUPPLIER,)),
    "supply_tier": Grouping(("s.supply_tier",), (SUPPLIER,)),
    "status": Grouping(("f.status",)),
    "supplier": Grouping(("f.supplier_id",)),
    "audit_kind": Grouping(("a.kind",), (AUDIT,)),
    "month": Grouping(("CAST(date_trunc('month', CAST(f.discovered_on AS timestamp)) AS date)",)),
}

FILTERS: Mapping[str, tuple[str, str | None]] = {
    "standard": ("f.standard", None),
    "code_version": ("f.code_version", None),
    "provision": ("f.provision", None),
    "severity": ("f.severity", None),
    "supplier_id": ("f.supplier_id", None),
    "country": ("s.country", SUPPLIER),
    "supply_tier": ("s.supply_tier", SUPPLIER),
    "audit_kind": ("a.kind", AUDIT),
}


def statement(group_by: str, filters: Mapping[str, Any]) -> str:
    """The statement for these groups; of `filters` those that are not None count.

    Its parameters are first, last, as_of and the same with `_before`, today, most, the filters, and for categories the
    four columns of the mapping. The first row is the total, then at most `most` groups follow (all, where it is null),
    largest first.
    """
    grouping = GROUPINGS[group_by]
    given = {name: FILTERS[name] for name, value in filters.items() if value is not None}
    joins = dict.fromkeys([*grouping.joins, *[join for _, join in given.values() if join]])
    source = f"FROM finding f {' '.join(joins)} WHERE ({IN_PERIOD} OR {YEAR_BEFORE})" + "".join(
        f" AND {column} = :{name}" for name, (column, _) in given.items()
    )
    return _by_supplier(source) if group_by == "supplier" else _by_few_keys(grouping, source)


def _counted(source: str, keys: Mapping[str, str]) -> str:
    named = "".join(f"{column} AS {name}, " for name, column in keys.items())
    by = ", ".join([*keys, "days"])
    return f"SELECT {named}CASE WHEN {IMPROVED} THEN {DAYS} END AS days, {COUNTED} {source} GROUP BY {by}"


def _summed(pooled: str, names: Sequence[str]) -> str:
    """Counts, and the days to close at each quantile: both neighbours, weighed, as percentile_cont does."""
    group = ", ".join(["is_total", *names])
    at = ", ".join(
        f"""min(days) FILTER (WHERE upto > floor({q} * (improved - 1))) * (1 - mod({q} * (max(improved) - 1), 1))
        + min(days) FILTER (WHERE upto > ceil({q} * (improved - 1))) * mod({q} * (max(improved) - 1), 1) AS {name}"""
        for name, q in QUANTILES.items()
    )
    return f"""SELECT {group}, {SUMS}, coalesce(max(improved), 0) AS improved,
        sum(days * findings) / max(improved) AS mean, {at}
    FROM (
        SELECT *,
            CASE WHEN days IS NOT NULL THEN sum(findings) OVER (PARTITION BY {group} ORDER BY days) END AS upto,
            sum(findings) FILTER (WHERE days IS NOT NULL) OVER (PARTITION BY {group}) AS improved
        FROM ({pooled}) AS pooled
    ) AS ranked
    GROUP BY {group}"""  # noqa: S608


def _by_few_keys(grouping: Grouping, source: str) -> str:
    keys = {f"k{n}": column for n, column in enumerate(grouping.keys)}
    names, selected = ", ".join(keys), ", ".join(f"{column} AS {name}" for name, column in keys.items())
    live = f"{source} AND {IN_PERIOD} AND {LIVE}"
    pooled = f"""SELECT grouping(k0) = 1 AS is_total, {names}, days, {SUMS} FROM ({_counted(source, keys)}) AS counted
        GROUP BY GROUPING SETS (({names}, days), (days))"""  # noqa: S608
    same = " AND ".join(f"touched.{name} IS NOT DISTINCT FROM figures.{name}" for name in keys)
    return f"""WITH figures AS ({_summed(pooled, list(keys))}),
    touched AS (
        SELECT {names}, count(*) AS suppliers
        FROM (SELECT {selected}, f.supplier_id {live} GROUP BY {names}, f.supplier_id) AS pairs
        GROUP BY {names}
    ),
    everywhere AS (SELECT count(*) AS suppliers FROM (SELECT f.supplier_id {live} GROUP BY f.supplier_id) AS each)
    SELECT figures.*, CASE WHEN is_total THEN everywhere.suppliers ELSE coalesce(touched.suppliers, 0) END AS suppliers
    FROM figures CROSS JOIN everywhere LEFT JOIN touched ON {same}
    ORDER BY is_total DESC, findings DESC, {names} LIMIT :most + 1"""  # noqa: S608


def _by_supplier(source: str) -> str:
    """By supplier, of whom there are many with few findings each: sorting those is cheaper than grouping by days."""
    quantiles = ", ".join(
        f"percentile_cont({q}) WITHIN GROUP (ORDER BY {DAYS}) FILTER (WHERE {IMPROVED}) AS {name}"
        for name, q in QUANTILES.items()
    )
    columns = ", ".join([*COUNTS, "improved", "mean", *QUANTILES])
    pooled = f"SELECT true AS is_total, counted.* FROM ({_counted(source, {})}) AS counted"  # noqa: S608
    return f"""WITH figures AS (
        SELECT f.supplier_id, {COUNTED}, count(*) FILTER (WHERE {IMPROVED}) AS improved,
            avg({DAYS}) FILTER (WHERE {IMPROVED}) AS mean, {quantiles}
        {source} GROUP BY f.supplier_id
    ),
    total AS ({_summed(pooled, [])}),
    largest AS (
        SELECT s.code, s.id, s.name, figures.* FROM figures JOIN supplier_copy s ON s.id = figures.supplier_id
        ORDER BY findings DESC, s.code LIMIT :most
    )
    SELECT is_total, NULL AS k0, NULL AS k1, NULL AS k2, {columns},
        (SELECT count(*) FROM figures WHERE findings > 0) AS suppliers FROM total
    UNION ALL
    SELECT false, code, CAST(id AS text), name, {columns}, CAST(findings > 0 AS integer) FROM largest
    ORDER BY is_total DESC, findings DESC, k0"""  # noqa: S608
