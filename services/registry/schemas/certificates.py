"""Certificates as the API takes and gives them."""

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from services.registry.schemas.fields import Body, Text, View
from shared.days import Day


class NewCertificate(Body):
    """A certificate to record."""

    standard: Text = Field(examples=["ISO 14001"])
    number: Text | None = None
    issuer: Text | None = None
    valid_from: Day
    valid_until: Day = Field(description="The last day on which it is valid; 2199-12-31 where it has no end")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        return self


class CertificateWithdrawal(Body):
    """Why and from when something counts no longer."""

    withdrawn_on: Day = Field(description="From the certificate's first day up to today (UTC)")
    reason: Text


class CertificateView(View):
    """A management-system certificate."""

    id: UUID
    version: int
    supplier_id: UUID
    standard: str
    number: str | None
    issuer: str | None
    valid_from: date
    valid_until: date
    withdrawn_on: date | None
    reason: str | None
