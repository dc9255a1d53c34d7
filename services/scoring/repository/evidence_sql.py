"""The one statement that reads the evidence on a batch of suppliers, as columns, with the positions it was read at.

One statement is one snapshot: the positions are exactly those up to which this evidence is known.
"""

# ruff: noqa: S608 - the statement is put together from the names in this file and nothing else

from typing import Literal

Known = Literal["now", "at", "each"]
"""As known now, at given positions, or for each supplier of the batch at positions of its own and on its own day."""

EPOCH = "DATE '1970-01-01'"

CURSOR = """
    position AS (SELECT coalesce(max(base + seq) FILTER (WHERE source = 'registry'), 0) AS registry,
                        coalesce(max(base + seq) FILTER (WHERE source = 'audit'), 0) AS audit,
                        coalesce(max(base + seq) FILTER (WHERE source = 'engagement'), 0) AS engagement,
                        coalesce(max(base + seq) FILTER (WHERE source = 'scoring'), 0) AS scoring FROM feed_cursor)"""

GIVEN = """
    position AS (SELECT CAST(:registry_pos AS bigint) AS registry, CAST(:audit_pos AS bigint) AS audit,
                        CAST(:engagement_pos AS bigint) AS engagement, CAST(:scoring_pos AS bigint) AS scoring)"""

NONE = "    position AS (SELECT 0 AS registry, 0 AS audit, 0 AS engagement, 0 AS scoring)"

WANTED = "unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS r(id, n)"
WANTED_EACH = (
    "unnest(CAST(:ids AS uuid[]), CAST(:days AS date[]), CAST(:registry_pos AS bigint[]), CAST(:audit_pos AS bigint[]),"
    " CAST(:engagement_pos AS bigint[]), CAST(:scoring_pos AS bigint[]))"
    " WITH ORDINALITY AS r(id, on_day, registry_pos, audit_pos, engagement_pos, scoring_pos, n)"
)
OWN = ", r.on_day, r.audit_pos, r.engagement_pos, r.registry_pos, r.scoring_pos"
# A country has other figures at other positions, so there it goes by both.
COUNTRY_EACH = "{alias}.country || E'\\x1f' || {of}.scoring_pos"


def _known(alias: str, source: str, known: Known, of: str = "m") -> str:
    """The condition that a version is the one known: now, at the given positions, or at those of `of`."""
    if known == "now":
        return f"{alias}.superseded_pos IS NULL"
    pos = f"(SELECT {source} FROM position)" if known == "at" else f"{of}.{source}_pos"
    return f"{alias}.pos <= {pos} AND ({alias}.superseded_pos IS NULL OR {alias}.superseded_pos > {pos})"


def _day(column: str) -> str:
    # The driver writes the calendar's first and last day as infinities, which are no number of days.
    return f"CASE WHEN isfinite({column}) THEN {column} - {EPOCH} ELSE :absent END"


NUMBERS: dict[str, Literal["integer", "bigint", "float8"]] = {
    **dict.fromkeys(
        (
            *("supplier_n", "audit_n", "finding_n", "answer_n", "asked_n", "participation_n", "certificate_n"),
            *("audit_conducted_on", "answer_submitted_on", "asked_due_on", "asked_submitted_on"),
            *("finding_discovered_on", "finding_due_on", "finding_approved_on", "finding_implemented_on"),
            *("finding_closed_on", "finding_withdrawn_on", "participation_on_day", "risk_year"),
            *("certificate_valid_from", "certificate_valid_until"),
        ),
        "integer",
    ),
    "participation_subject": "bigint",
    "answer_score": "float8",
    "risk_rank": "float8",
}
"""Columns that travel as the bytes of PostgreSQL's binary arrays, which NumPy reads without an object per value."""


def looked_up(table: str, condition: str, alias: str) -> str:
    """Rows of `table`, one look-up for each row before it in FROM, which `condition` names.

    Left to itself, the planner would rather read the whole table wherever it has no statistics of it yet: through the
    first hours' imports, for every batch. OFFSET 0 keeps it from joining.
    """
    return f"LATERAL (SELECT * FROM {table} AS {alias} WHERE {condition} OFFSET 0) AS {alias}"


def _columns(name: str, columns: dict[str, str], source: str) -> str:
    """A CTE with one row: each column of `source` as an array, all in the same order."""
    arrays = ", ".join(
        f"array_send(array_agg(CAST({expression} AS {NUMBERS[f'{name}_{column}']}))) AS {column}"
        if f"{name}_{column}" in NUMBERS
        else f"array_agg({expression}) AS {column}"
        for column, expression in columns.items()
    )
    return f"    {name} AS (SELECT {arrays} {source})"


def evidence_statement(known: Known, *, with_ids: bool) -> str:
    """The statement; parameters `ids` (uuid[]), `day` (date), `absent` (int), and four positions where known is at.

    Where known is each, there are `days` (date[]) and arrays of positions, as long as `ids`; the positions that come
    back then say nothing. `with_ids` adds what only an explanation needs.
    """
    each = known == "each"
    day, of_member = ("on_day", ", m.on_day") if each else (":day", "")

    def of_one(table: str, source: str, condition: str = "TRUE") -> str:
        return looked_up(table, f"x.supplier_id = m.id AND {_known('x', source, known)} AND {condition}", "x")

    def copies(table: str, source: str, condition: str = "TRUE") -> str:
        return f"FROM (SELECT m.n{of_member}, x.* FROM member m, {of_one(table, source, condition)}) AS y"

    answers = (
        f"FROM (SELECT m.n, x.id, z.category, z.answered, z.on_day FROM member m, {of_one('survey_copy', 'audit')},"
        " unnest(x.categories, x.scores, x.answered_on) AS z(category, answered, on_day)) AS y"
    )
    parts = {
        "supplier": (
            {"n": "n", "id": "id", "country": "country", "code": "code", "name": "name", "status": "status"},
            "FROM member WHERE is_root",
        ),
        "audit": (
            {
                "n": "n",
                "site": "site_code",
                "kind": "kind",
                "conducted_on": _day("conducted_on"),
                "scope": "array_to_string(scope, ',')",
            },
            copies("audit_copy", "audit", f"(x.withdrawn_on IS NULL OR x.withdrawn_on > {'m.' if each else ''}{day})"),
        ),
        "finding": (
            {
                "n": "n",
                "site": "site_code",
                "provision": "standard || E'\\x1f' || code_version || E'\\x1f' || provision",
                "severity": "severity",
                "discovered_on": _day("discovered_on"),
                "due_on": _day("due_on"),
                "approved_on": _day("approved_on"),
                "implemented_on": _day("implemented_on"),
                "closed_on": _day("closed_on"),
                "withdrawn_on": _day("withdrawn_on"),
                "transitions": f"CASE WHEN voided_on > {day} THEN CAST(transitions AS text) END",
            },
            copies("finding_copy", "audit"),
        ),
        "answer": (
            {"n": "n", "category": "category", "score": "answered", "submitted_on": _day("on_day")},
            answers,
        ),
        "asked": (
            {"n": "n", "due_on": _day("due_on"), "submitted_on": _day("submitted_on")},
            copies("survey_copy", "audit", "x.due_on IS NOT NULL"),
        ),
        "participation": (
            {
                "n": "n",
                "kind": "kind",
                "subject": "hashtextextended(CAST(subject_id AS text), 0)",
                "on_day": _day('"on"'),
            },
            copies("participation_copy", "engagement", "x.counts"),
        ),
        "certificate": (
            {
                "n": "n",
                "standard": "standard",
                "valid_from": _day("valid_from"),
                "valid_until": _day("valid_until"),
            },
            copies("certificate_copy", "registry"),
        ),
    }
    id_of = {"participation": "subject_id"}
    ctes = [{"now": CURSOR, "at": GIVEN, "each": NONE}[known]]
    country = COUNTRY_EACH.format(alias="s", of="r") if each else "s.country"
    suppliers = looked_up("supplier_copy", f"s.scored_as = r.id AND {_known('s', 'registry', known, 'r')}", "s")
    ctes.append(f"""
    member AS (SELECT r.n - 1 AS n, s.id, {country} AS country, s.code, s.name, s.status,
                      s.id = s.scored_as AS is_root{", s.country AS of_country" + OWN if each else ""}
               FROM {WANTED_EACH if each else WANTED}, {suppliers})""")
    selected = ["position.registry", "position.audit", "position.engagement", "position.scoring"]
    for name, (columns, source) in parts.items():
        wanted = dict(columns)
        if with_ids and name != "supplier":
            wanted["id"] = id_of.get(name, "id")
        ctes.append(_columns(name, wanted, source))
        selected += [f"{name}.{column} AS {name}_{column}" for column in wanted]
    risk = {"country": "country", "year": "year", "rank": "mean_percentile_rank"} | ({"id": "id"} if with_ids else {})
    if each:
        figures = (
            f"FROM (SELECT {COUNTRY_EACH.format(alias='x', of='m')} AS country, x.year, x.mean_percentile_rank, x.id"
            " FROM (SELECT DISTINCT of_country, scoring_pos FROM member) m"
            " JOIN country_risk x ON x.country = m.of_country"
            f" WHERE {_known('x', 'scoring', known)}) AS y"
        )
    else:
        figures = f"FROM country_risk x WHERE {_known('x', 'scoring', known)}"
    ctes.append(_columns("risk", risk, figures))
    selected += [f"risk.{column} AS risk_{column}" for column in risk]
    tables = ", ".join(["position", *parts, "risk"])
    return f"WITH {', '.join(ctes)} SELECT {', '.join(selected)} FROM {tables}"
