"""What is known of files whose content lies outside the database."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from services.audit.models.base import Base


class StoredFile(Base):
    """A file that shows how a finding was mended, or that answers a question of the survey."""

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("(finding_id IS NULL) <> (response_id IS NULL)", name="owner"),
        Index("ix_stored_file_finding_id", "finding_id", "id"),
        Index("ix_stored_file_response_id", "response_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID | None] = mapped_column(ForeignKey("finding.id"))
    response_id: Mapped[UUID | None] = mapped_column(ForeignKey("survey_response.id"))
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger, comment="bytes")
    sha256: Mapped[str] = mapped_column(comment="of the content, in hexadecimal")
    uploaded_by: Mapped[str] = mapped_column(comment="opaque id of the person or machine")
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_reason: Mapped[str | None]
    erased_at: Mapped[datetime | None] = mapped_column(comment="from then on the content is gone")
