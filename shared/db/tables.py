"""Tables: how their constraints are named, and the one behind a model."""

from typing import cast

from sqlalchemy import MetaData, Table
from sqlalchemy.orm import DeclarativeBase

# Constraint names must be the same on every machine, or migrations could not name them.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """An empty collection of tables with the project's constraint names."""
    return MetaData(naming_convention=NAMING)


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table behind a model, for statements on many rows, where objects would only cost time."""
    return cast("Table", model.__table__)
