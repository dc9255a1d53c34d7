"""What all tables of the engagement service are declared on."""

from datetime import datetime

from sqlalchemy import DateTime, Text
from sqlalchemy.orm import DeclarativeBase

from shared.db import new_metadata


class Base(DeclarativeBase):
    """The engagement service's own tables."""

    metadata = new_metadata()
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}  # noqa: RUF012  # SQLAlchemy's way
