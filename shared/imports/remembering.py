"""The last row of each key, from which it follows what a row changes; personal data only as keyed hashes."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import insert_rows
from shared.imports import tables
from shared.imports.kinds import ImportKind

KEY_SEPARATOR = "\x1f"

Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of the rows of a kind, for one supplier's client or for everybody else.

    What a supplier's client brought in is remembered apart: it must learn nothing of what others have.
    """

    kind: ImportKind
    secret: bytes
    supplier_id: UUID | None

    def key_of(self, values: Values) -> str:
        """The key under which a row is remembered."""
        own = () if self.supplier_id is None else (str(self.supplier_id),)
        return KEY_SEPARATOR.join([*own, *(values.get(name, "") for name in self.kind.key)])

    def to_keep(self, values: Values) -> dict[str, str]:
        """A row as it is remembered."""
        if not self.kind.private:
            return values
        return {
            name: self._hidden(name, value) if value and name in self.kind.private else value
            for name, value in values.items()
        }

    async def recall(self, session: AsyncSession, keys: Sequence[str]) -> dict[str, dict[str, str]]:
        """The last rows with these keys."""
        found = select(tables.row.c.key, tables.row.c["values"].label("held")).where(
            tables.row.c.kind == self.kind.name, tables.row.c.key == func.any(list(keys))
        )
        return {row.key: row.held for row in await session.execute(found)}

    async def keep(self, session: AsyncSession, rows: Mapping[str, dict[str, str]]) -> None:
        """Remember rows, as `to_keep` gives them, by key."""
        if not rows:
            return
        taken: list[dict[str, Any]] = [
            {"kind": self.kind.name, "key": key, "values": values} for key, values in rows.items()
        ]
        statement = insert_rows(tables.row, taken)
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["kind", "key"], set_={"values": statement.excluded["values"]}
            )
        )

    def _hidden(self, name: str, value: str) -> str:
        message = KEY_SEPARATOR.join((self.kind.name, name, value)).encode()
        return "hmac:" + hmac.digest(self.secret, message, "sha256").hex()


def secret_of(service_secret: bytes) -> bytes:
    """The key of the hashes, from a secret that all processes of a service share."""
    return hashlib.blake2b(service_secret, person=b"import rows").digest()
