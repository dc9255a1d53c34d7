"""Taking in a batch of survey scores: several rows make one response."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import SurveyResponse
from services.audit.repository import suppliers as suppliers_repository
from services.audit.repository import surveys as repository
from services.audit.schemas.rows import SurveyRow
from services.audit.service import surveys
from services.audit.service.imports.suppliers import no_supplier
from services.audit.service.today import today
from shared.auth.principal import Actor
from shared.imports import Row, RowError


async def apply_surveys(session: AsyncSession, actor: Actor, rows: Sequence[Row[SurveyRow]]) -> list[RowError]:
    """Set the scores of a batch; a supplier that was asked in the year's campaign has answered it thereby."""
    day = today()
    errors: list[RowError] = []
    ids = await suppliers_repository.find_ids_by_code(session, {row.data.supplier_code for row in rows})
    keys = {(ids[row.data.supplier_code], row.data.year) for row in rows if row.data.supplier_code in ids}
    responses = await repository.lock_responses(session, keys)
    befores: dict[repository.ResponseKey, tuple[SurveyResponse, dict[str, Any]]] = {}
    for row in rows:
        supplier_id = ids.get(row.data.supplier_code)
        if supplier_id is None:
            errors.append(RowError(row.line, "supplier_code", no_supplier(row.data.supplier_code)))
            continue
        if row.data.submitted_on is not None and row.data.submitted_on > day:
            message = f"{row.data.submitted_on} lies in the future; today is {day} (UTC)"
            errors.append(RowError(row.line, "submitted_on", message))
            continue
        if "submitted_on" in row.given and row.data.submitted_on is None:
            # Emptied, not left out: to guess a day in place of the one that was told would be a change nobody made.
            errors.append(RowError(row.line, "submitted_on", "submitted_on cannot be emptied: name the day"))
            continue
        key = (supplier_id, row.data.year)
        response = responses.get(key) or surveys.build(*key)
        responses[key] = response
        befores.setdefault(key, (response, surveys.feed_state(response) if response.version else {}))
        _set_score(response, row, day)
    changes: list[surveys.ResponseChange] = [
        (response, before, "answered")
        for response, before in befores.values()
        if surveys.feed_state(response) != before
    ]
    await surveys.save(session, actor, changes)
    return errors


def _set_score(response: SurveyResponse, row: Row[SurveyRow], day: date) -> None:
    held = response.scores.get(row.data.category, {})
    submitted_on = row.data.submitted_on
    if submitted_on is None:
        kept = held.get("submitted_on")
        submitted_on = date.fromisoformat(kept) if kept else min(date(row.data.year, 12, 31), day)
    score = row.data.score if "score" in row.given or not held else held["score"]
    answer = {"score": score, "submitted_on": submitted_on.isoformat()}
    surveys.set_scores(response, {**response.scores, row.data.category: answer})
    # What was reopened to be answered anew stays open for that, whatever a file says meanwhile.
    if response.status != "reopened":
        response.status = "submitted"
