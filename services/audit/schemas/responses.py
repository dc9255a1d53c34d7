"""Answers to a questionnaire, as the API takes and gives them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, WithJsonSchema

from services.audit.domain.answers import LONGEST_COMMENT
from services.audit.schemas.fields import Body, Text, View

MOST_ANSWERS = 2000

Answers = Annotated[
    dict[str, Any],
    # Their form depends on the questions, so they are checked there, all at once.
    WithJsonSchema(
        {
            "type": "object",
            "description": "Question's code -> its answer; a question left out is unanswered, and counts 0",
            "maxProperties": MOST_ANSWERS,
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "value": {
                        "description": "yes_no: true or false; choice: an option's code; multiple: several of them; "
                        "number; text; file: {file_id}",
                        "anyOf": [
                            {"type": "boolean"},
                            {"type": "string"},
                            {"type": "array", "items": {"type": "string"}},
                            {"type": "number"},
                            {
                                "type": "object",
                                "properties": {"file_id": {"type": "string", "format": "uuid"}},
                                "required": ["file_id"],
                            },
                        ],
                    },
                    "not_applicable": {"type": "boolean", "description": "Only with a comment that says why"},
                    "comment": {"type": "string", "maxLength": LONGEST_COMMENT},
                },
            },
            "examples": [{"written_policy": {"value": True}, "energy_use": {"value": 1250.5, "comment": "MWh"}}],
        }
    ),
]
ResponseStatus = Literal["asked", "draft", "submitted", "reopened"]


class ResponseBody(Body):
    """The whole draft: it replaces the one before."""

    answers: Annotated[Answers, Field(max_length=MOST_ANSWERS)]


class ResponseReopening(Body):
    """Why a response may be answered anew."""

    reason: Text


class CategoryAnswer(View):
    """What a supplier reached in a risk category."""

    score: float
    submitted_on: date = Field(description="The first day on which it was answered; a correction keeps it")


class ResponseView(View):
    """A supplier's answer for a year."""

    id: UUID
    version: int
    supplier_id: UUID
    supplier_code: str
    year: int
    survey_id: UUID | None = Field(description="Null where the supplier was not asked in a campaign")
    due_on: date | None
    submitted_on: date | None = Field(description="Null until answered")
    scores: dict[str, CategoryAnswer]
    status: ResponseStatus


class ResponseDetail(ResponseView):
    """A response with the answers as they stand: a draft until it is submitted."""

    questionnaire_id: UUID | None
    answers: Answers
    missing: list[str] = Field(description="Codes of the questions without an answer")
    submissions: int = Field(description="How often it was submitted; see `/submissions`")
    answered_by: str | None = Field(description="Opaque id of who changed the answers last")
    answered_at: datetime | None


class ReopeningView(View):
    """Why a submission could be followed by another."""

    by: str
    reason: str
    recorded_at: datetime


class SubmissionView(View):
    """Answers as they were submitted."""

    n: int
    answers: Answers
    scores: dict[str, float]
    missing: list[str]
    submitted_by: str
    submitted_at: datetime
    reopened: ReopeningView | None
