"""Two states of a schema compared: what code that was written for the first would not survive in the second."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import asyncpg

TABLES = """
    SELECT c.oid, c.relname AS name, pg_relation_filenode(c.oid) AS file
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version'
"""
COLUMNS = """
    SELECT attrelid, attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS required,
        nullif(concat(pg_get_expr(adbin, adrelid), attidentity, attgenerated), '') AS default
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped
"""
CONSTRAINTS = """
    SELECT conrelid, conname AS name, pg_get_constraintdef(oid) AS definition,
        ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey)) AS columns
    FROM pg_constraint WHERE conrelid = ANY ($1::oid[]) AND contype IN ('c', 'f', 'x')
"""
INDEXES = """
    SELECT indrelid, indexrelid::regclass::text AS name, indisunique AS is_unique,
        regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', '') AS definition,
        ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey)) AS columns
    FROM pg_index WHERE indrelid = ANY ($1::oid[])
"""
TEXT = re.compile(r"'((?:[^']|'')*)'::\w+")


@dataclass(frozen=True)
class Column:
    """How a column is declared; `default` is anything that fills it in where nothing is given."""

    type: str
    required: bool
    default: str | None


@dataclass(frozen=True)
class Rule:
    """A constraint or index, and the columns that it looks at."""

    definition: str
    columns: frozenset[str]
    is_unique: bool = False


@dataclass(frozen=True)
class Table:
    """What code that reads and writes a table relies on; `file` is another once it was written anew as a whole."""

    file: int
    columns: dict[str, Column]
    constraints: dict[str, Rule]
    indexes: dict[str, Rule]


@dataclass(frozen=True)
class Breach:
    """Something that code of the release before cannot live with."""

    where: str
    why: str


async def read(connection: asyncpg.Connection, schema: str) -> dict[str, Table]:
    """The schema as it is now."""
    tables = await connection.fetch(TABLES, schema)
    parts = [await connection.fetch(query, [t["oid"] for t in tables]) for query in (COLUMNS, CONSTRAINTS, INDEXES)]
    columns, constraints, indexes = parts
    return {
        t["name"]: Table(
            t["file"],
            {c["name"]: Column(c["type"], c["required"], c["default"]) for c in columns if c[0] == t["oid"]},
            {c["name"]: Rule(c["definition"], frozenset(c["columns"])) for c in constraints if c[0] == t["oid"]},
            {
                i["name"]: Rule(i["definition"], frozenset(i["columns"]), i["is_unique"])
                for i in indexes
                if i[0] == t["oid"]
            },
        )
        for t in tables
    }


def breaches(before: dict[str, Table], after: dict[str, Table]) -> list[Breach]:
    """All that code for `before` would meet in `after`; new tables are none of its business."""
    found: list[Breach] = []
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            found.append(Breach(name, "is gone"))
        else:
            several = (*_of_table(old, new), *_of_columns(old, new), *_of_constraints(old, new), *_of_indexes(old, new))
            found += [Breach(f"{name}.{where}" if where else name, why) for where, why in several]
    return found


def _of_table(old: Table, new: Table) -> Iterator[tuple[str, str]]:
    if old.file != new.file:
        yield "", "is written anew, and nobody reads or writes it meanwhile"


def _of_columns(old: Table, new: Table) -> Iterator[tuple[str, str]]:
    for name, was in old.columns.items():
        column = new.columns.get(name)
        if column is None:
            yield name, "is gone"
            continue
        if column.type != was.type:
            yield name, f"was {was.type} and is {column.type}"
        if column.required and not was.required:
            yield name, "must be given now"
        if was.required and not column.required:
            yield name, "may be null now, which old code does not expect"
        if was.default is not None and column.default is None:
            yield name, "is not filled in any more"
    for name in new.columns.keys() - old.columns.keys():
        if new.columns[name].required and new.columns[name].default is None:
            yield name, "is new and must be given, which old code does not"


def _of_constraints(old: Table, new: Table) -> Iterator[tuple[str, str]]:
    for name, rule in new.constraints.items():
        was = old.constraints.get(name)
        is_wider = was is not None and _allows_all_of(rule.definition, was.definition)
        if not is_wider and _concerns(rule, old):
            yield name, f"allows less, for all that is known: {rule.definition}"


def _of_indexes(old: Table, new: Table) -> Iterator[tuple[str, str]]:
    known = {(rule.definition, rule.is_unique) for rule in old.indexes.values()}
    for name, rule in new.indexes.items():
        if (rule.definition, rule.is_unique) in known:
            continue
        if rule.is_unique and _concerns(rule, old):
            yield name, f"refuses rows that were allowed, for all that is known: {rule.definition}"
        else:
            yield name, "is built while nobody can write to the table"


def _concerns(rule: Rule, old: Table) -> bool:
    """Whether it looks at what old code writes; what it leaves out is null, or a default that fits."""
    return not rule.columns or not rule.columns.isdisjoint(old.columns)


def _allows_all_of(new: str, old: str) -> bool:
    """Whether the rule is the same, but for a list of values that may have become longer."""
    is_alike = _without_texts(new) == _without_texts(old)
    return new == old or (is_alike and set(TEXT.findall(old)) <= set(TEXT.findall(new)))


def _without_texts(definition: str) -> str:
    return re.sub(r"(\?, )*\?", "?", TEXT.sub("?", definition))
