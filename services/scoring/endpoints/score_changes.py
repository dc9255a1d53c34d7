"""`/v1/scores/{supplier_id}/changes`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.scoring.domain.telling import tell_changes
from services.scoring.endpoints.reader_language import ReaderLanguage, headers
from services.scoring.schemas.score_changes import ScoreChanges
from services.scoring.service import changes, scoring
from services.scoring.service.reading import When
from shared.auth.principal import Principal
from shared.days import IsoDate, IsoMoment
from shared.errors import FieldError, Invalid
from shared.web.caller import scoped
from shared.web.etags import etag_of
from shared.web.rendering import json_response
from shared.web.route import new_router
from shared.web.transaction import Reading

router = new_router("/v1/scores", "scores")


@router.get("/{supplier_id}/changes", response_model=ScoreChanges)
async def explain_changes(
    supplier_id: UUID,
    session: Reading,
    caller: Annotated[Principal, scoped("scoring:read")],
    language: ReaderLanguage,
    from_day: Annotated[IsoDate | None, Query(alias="from", description="The day of the earlier score")] = None,
    to_day: Annotated[
        IsoDate | None, Query(alias="to", description="The day of the later score; today by default")
    ] = None,
    from_known_at: Annotated[
        IsoMoment | None,
        Query(description="The earlier score as it was known at that moment; alone, that of the moment's day"),
    ] = None,
    to_known_at: Annotated[IsoMoment | None, Query(description="The same for the later score")] = None,
) -> Response:
    """Read what changed between the scores of two days, evidence by evidence, and by how much; it adds up exactly."""
    caller.see_only_own(supplier_id, "score")
    if from_day is None and from_known_at is None:
        fault = FieldError("query: from", "is needed, or from_known_at")
        raise Invalid("Say from when on changes are asked for.", fields=[fault])
    found = await changes.read_changes(
        session, supplier_id, When(from_day, from_known_at), When(to_day, to_known_at), scoring.today()
    )
    sides = (found["before"], found["after"])
    coordinates = [
        part for side in sides for part in (side["policy_version"], side["as_of"], *side["positions"].values())
    ]
    words = {"language": language, "words": tell_changes(found, language)}
    return json_response({**found, **words}, headers={"ETag": etag_of(*coordinates, language), **headers()})
