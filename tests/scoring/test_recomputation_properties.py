"""Whatever arrives in whatever order, and whenever scores are computed in between: the past comes out again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.scoring.domain.evidence import AUDIT_KINDS
from services.scoring.domain.policy import DEFAULT
from services.scoring.domain.policy.document import to_dict
from services.scoring.models.evidence import SupplierCopy
from services.scoring.repository import scores
from services.scoring.repository.evidence import Positions
from services.scoring.service import country_risks, recomputing, scoring
from services.scoring.service.policy.calendar import read_calendar
from shared.auth.principal import Actor
from shared.feed.following import Event
from shared.ids import new_id
from tests.scoring.feeding import Feeds, drain, finding_event, supplier_event
from tests.stage import Stage

DAY = date(2026, 3, 31)
OTHER_POLICY = 21_000
"""Versions are read once per process, so this one is used nowhere else."""
CATEGORIES = [category.code for category in DEFAULT.categories]
Happening = tuple[str, dict[str, Any]]

numbers = count()
days = st.integers(-800, 400).map(lambda offset: DAY + timedelta(offset))
maybe_days = st.none() | days
suppliers = st.integers(0, 2)
things = st.integers(0, 3)
figures = st.integers(0, 10_000).map(lambda hundredths: hundredths / 100)
steps = st.sampled_from(["plan_approved", "plan_rejected", "implemented", "closed", "reopened", "withdrawn"])


def happening(kind: str, /, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[Happening]:
    return st.tuples(st.just(kind), st.fixed_dictionaries(values))


happenings: st.SearchStrategy[Happening] = st.one_of(
    happening(
        "finding", which=things, supplier=suppliers, severity=st.sampled_from(["priority", "major", "minor"]),
        provision=st.sampled_from(["A1", "B3", "C6", "E5"]), site_code=st.sampled_from([None, "P1", "P2"]),
        discovered_on=days, due_on=days, transitions=st.lists(st.tuples(steps, days), max_size=4),
    ),
    happening(
        "audit", which=things, supplier=suppliers, kind=st.sampled_from(AUDIT_KINDS),
        scope=st.lists(st.sampled_from(CATEGORIES), max_size=2, unique=True), conducted_on=days,
        site_code=st.sampled_from([None, "P1", "P2"]), withdrawn_on=maybe_days,
    ),
    happening(
        "survey_response", which=things, supplier=suppliers, due_on=maybe_days, submitted_on=maybe_days,
        scores=st.dictionaries(st.sampled_from(CATEGORIES), st.tuples(figures, days), max_size=4),
    ),
    happening(
        "participation", which=things, supplier=suppliers, kind=st.sampled_from(["forum", "course", "support_meeting"]),
        on=days, counts=st.booleans(),
    ),
    happening(
        "certificate", which=things, supplier=suppliers, standard=st.sampled_from(["ISO 14001", "ISO 9001"]),
        valid_from=days, valid_until=days, withdrawn_on=maybe_days,
    ),
    happening("supplier", supplier=suppliers, is_merged=st.booleans(), country=st.integers(0, 1)),
    happening("country_risk", country=st.integers(0, 1), year=st.integers(2024, 2027), rank=figures),
    happening("drain", on=days),
    happening("drain", on=days),
)  # fmt: skip


@dataclass
class World:
    """Three suppliers and what is told of them, each example with its own."""

    stage: Stage
    feeds: Feeds
    suppliers: list[UUID] = field(default_factory=lambda: [new_id() for _ in range(3)])
    ids: dict[tuple[str, int], UUID] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"country {next(numbers)}")

    async def let_happen(self, kind: str, values: dict[str, Any]) -> None:
        if kind == "drain":
            async with self.stage.resources("scoring").database.transaction() as session:
                await scores.mark_expired(session, values["on"])
            await drain(self.stage, values["on"])
        elif kind == "country_risk":
            figure = country_risks.Figure(f"{self.name}/{values['country']}", values["year"], "WGI", values["rank"])
            async with self.stage.resources("scoring").database.transaction() as session:
                await country_risks.put_figures(session, Actor("tests", None), [figure])
        else:
            told = self._event(kind, values)
            source = {"supplier": "registry", "certificate": "registry", "participation": "engagement"}
            await self.feeds.tell(source.get(kind, "audit"), told)

    def _event(self, kind: str, values: dict[str, Any]) -> Event:
        supplier_id = self.suppliers[values["supplier"]]
        if kind == "supplier":
            into = str(self.suppliers[0]) if values["is_merged"] and supplier_id != self.suppliers[0] else None
            return supplier_event(0, supplier_id, country=f"{self.name}/{values['country']}", merged_into=into)
        resource_id = self.ids.setdefault((kind, values["which"]), new_id())
        plain = {name: value for name, value in values.items() if name not in ("which", "supplier")}
        plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in plain.items()}
        if kind == "finding":
            plain["transitions"] = [{"to": to, "on": on.isoformat()} for to, on in values["transitions"]]
            return finding_event(0, supplier_id, resource_id, **plain)
        if kind == "survey_response":
            plain["scores"] = {
                category: {"score": figure, "submitted_on": on.isoformat()}
                for category, (figure, on) in values["scores"].items()
            }
        if kind == "participation":
            plain["subject_id"] = str(self.ids.setdefault(("subject", values["which"] % 2), new_id()))
        return Event(0, f"{kind}.told", kind, resource_id, {"supplier_id": str(supplier_id), **plain})


@pytest.fixture
async def feeds(stage: Stage) -> Feeds:
    """The other services' feeds, which go on from example to example; from `DAY` on another policy is in force."""
    document = to_dict(DEFAULT) | {
        "name": "other",
        "version": OTHER_POLICY,
        "weights": {"audit": 0.7, "survey": 0.2, "inherent": 0.1},
        "points": {"priority": 30, "major": 11, "minor": 7},
    }
    query = (
        "INSERT INTO policy (version, name, status, valid_from, document, created_by)"
        " VALUES ($1, 'other', 'published', $2, $3, 'tests')"
    )
    await stage.psql("scoring", query, OTHER_POLICY, DAY, json.dumps(document))
    return Feeds(stage)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(happenings, min_size=8, max_size=30))
async def test_every_score_ever_stored_comes_out_again_at_its_coordinates(
    stage: Stage, feeds: Feeds, story: Sequence[Happening]
) -> None:
    world = World(stage, feeds)
    for n in range(3):
        await world.let_happen("supplier", {"supplier": n, "is_merged": False, "country": n % 2})
    for kind, values in [*story, ("drain", {"on": DAY})]:
        await world.let_happen(kind, values)

    async with stage.resources("scoring").database.snapshot() as session:
        calendar = await read_calendar(session)
        own = [table.c.supplier_id.in_(world.suppliers) for table in (scores.HISTORY, scores.SCORE)]
        history = (await session.execute(select(scores.HISTORY).where(own[0]))).all()
        current = (await session.execute(select(scores.SCORE).where(own[1]))).all()
        event(f"{len(history) // 5 * 5}+ rows of history, {len({row.policy_version for row in history})} policies")
        for stored in (history, current):
            found = await recomputing.recompute(session, stored, calendar)
            assert [each.differences(row) for each, row in zip(found, stored, strict=True)] == [[]] * len(stored)
        # The same one by one, the way that explanations and past days are read.
        for row in history:
            at = Positions(row.registry_pos, row.audit_pos, row.engagement_pos, row.scoring_pos)
            batch, computed = await scoring.compute(session, [row.supplier_id], row.as_of, calendar, at=at)
            digits = scoring.digits(computed, batch.known[row.supplier_id].row, row.policy_version)
            assert digits == {name: getattr(row, name) for name in scoring.DIGITS}
        merged = select(SupplierCopy.id).where(
            SupplierCopy.id.in_(world.suppliers),
            SupplierCopy.id != SupplierCopy.scored_as,
            SupplierCopy.superseded_pos.is_(None),
        )
        assert len(current) == len(world.suppliers) - len((await session.execute(merged)).all())
