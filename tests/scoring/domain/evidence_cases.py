"""Suppliers written down piece by piece, turned into evidence columns, and generated at random."""

import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from hypothesis import strategies as st

from services.scoring.domain import days
from services.scoring.domain.evidence import (
    AUDIT_KINDS,
    NO_SITE,
    PARTICIPATION_KINDS,
    UNKNOWN_COUNTRY,
    Answers,
    Asked,
    Audits,
    Certificates,
    CountryRisks,
    Evidence,
    Findings,
    Participation,
)
from services.scoring.domain.policy import DEFAULT, SEVERITIES, Policy
from services.scoring.domain.score import Scores, score

D = date(2026, 9, 30)
CATEGORIES = ("management_system", "labor_employment", "environmental_impact", "product_liability")
FINDING_DATES = ("discovered_on", "due_on", "approved_on", "implemented_on", "closed_on", "withdrawn_on")


@dataclass
class Case:
    """One supplier; every method adds a piece of evidence and returns the case."""

    ranks: dict[int, float] = field(default_factory=dict)
    audits: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    campaigns: list[dict[str, Any]] = field(default_factory=list)
    participations: list[dict[str, Any]] = field(default_factory=list)
    certificates: list[dict[str, Any]] = field(default_factory=list)

    def copy(self) -> "Case":
        return copy.deepcopy(self)

    def audit(self, kind: str, on: date, *scope: str, site: int = NO_SITE) -> "Case":
        self.audits.append({"kind": kind, "conducted_on": on, "scope": scope, "site": site})
        return self

    def finding(
        self, provision: str, severity: str, discovered_on: date, *, site: int = NO_SITE, **dates: date | None
    ) -> "Case":
        blank: dict[str, Any] = dict.fromkeys(FINDING_DATES)
        self.findings.append(
            blank | {"provision": provision, "severity": severity, "discovered_on": discovered_on, "site": site} | dates
        )
        return self

    def survey(self, on: date, *scores: float | None) -> "Case":
        self.answers += [
            {"category": category, "score": figure, "submitted_on": on}
            for category, figure in zip(CATEGORIES, scores, strict=True)
            if figure is not None
        ]
        return self

    def asked(self, due_on: date, submitted_on: date | None = None) -> "Case":
        self.campaigns.append({"due_on": due_on, "submitted_on": submitted_on})
        return self

    def took_part(self, kind: str, identity: int, on: date) -> "Case":
        self.participations.append({"kind": kind, "identity": identity, "on": on})
        return self

    def certificate(self, standard: str, valid_from: date, valid_until: date) -> "Case":
        self.certificates.append({"standard": standard, "valid_from": valid_from, "valid_until": valid_until})
        return self


def evidence_of(cases: list[Case], policy: Policy = DEFAULT) -> Evidence:
    """Lay cases out as columns; ids tell what it is, and whose or where in its list."""
    audits, of_audit = _flat(cases, "audits")
    findings, of_finding = _flat(cases, "findings")
    answers, of_answer = _flat(cases, "answers")
    answers_known = [policy.category_index.get(row["category"], -1) for row in answers]
    campaigns, of_campaign = _flat(cases, "campaigns")
    participations, of_participation = _flat(cases, "participations")
    certificates, of_certificate = _flat(cases, "certificates")
    mapped = [policy.category_of("RBA", "8.0", row["provision"]) for row in findings]
    ranks = [(place, year, rank) for place, case in enumerate(cases) for year, rank in case.ranks.items()]
    return Evidence(
        country=_ints([place if case.ranks else UNKNOWN_COUNTRY for place, case in enumerate(cases)]),
        country_risks=CountryRisks(
            _ints([row[0] for row in ranks]),
            _ints([row[1] for row in ranks]),
            np.array([row[2] for row in ranks], dtype=np.float64),
        ),
        audits=Audits(
            of_audit,
            _ints([row["site"] for row in audits]),
            _ints([AUDIT_KINDS.index(row["kind"]) for row in audits]),
            _days(audits, "conducted_on"),
            _ints([policy.scope_mask(row["scope"]) for row in audits]),
            ids=_ids("audit", of_audit),
        ),
        findings=Findings(
            of_finding,
            _ints([row["site"] for row in findings]),
            _ints([each.category for each in mapped]),
            _ints([SEVERITIES.index(row["severity"]) for row in findings]),
            *(_days(findings, name) for name in FINDING_DATES),
            by_section=np.array([each.by_section for each in mapped], dtype=np.bool_),
            provisions=[("RBA", "8.0", row["provision"]) for row in findings],
            ids=_ids("finding", of_finding),
        ),
        answers=Answers(
            of_answer,
            _ints(answers_known),
            np.array([row["score"] for row in answers], dtype=np.float64),
            _days(answers, "submitted_on"),
            ids=[f"survey-{n}-{row['submitted_on']}" for n, row in zip(of_answer.tolist(), answers, strict=True)],
        ),
        asked=Asked(
            of_campaign,
            _days(campaigns, "due_on"),
            _days(campaigns, "submitted_on"),
            ids=_ids("campaign", of_campaign),
        ),
        participation=Participation(
            of_participation,
            _ints([PARTICIPATION_KINDS.index(row["kind"]) for row in participations]),
            _ints([row["identity"] for row in participations]),
            _days(participations, "on"),
            ids=[f"{row['kind']}-{row['identity']}" for row in participations],
        ),
        certificates=Certificates(
            of_certificate,
            _ints([policy.certificate_code(row["standard"]) for row in certificates]),
            _days(certificates, "valid_from"),
            _days(certificates, "valid_until"),
            ids=_ids("certificate", of_certificate),
        ),
    )


def scored(case: Case, day: date = D, policy: Policy = DEFAULT) -> Scores:
    """Score a single case."""
    return score(evidence_of([case], policy), day, policy)


def audit_figure(case: Case, category: str, day: date = D) -> float:
    """Return A of one category."""
    figure = scored(case, day).detail.audit.figure[0, CATEGORIES.index(category)]
    return round(float(figure), 9)


def survey_figure(case: Case, category: str = "labor_employment", day: date = D) -> float:
    """Return S of one category."""
    return float(scored(case, day).detail.survey.figure[0, CATEGORIES.index(category)])


def _flat(cases: list[Case], name: str) -> tuple[list[dict[str, Any]], np.ndarray[Any, Any]]:
    pairs = [(row, place) for place, case in enumerate(cases) for row in getattr(case, name)]
    return [row for row, _ in pairs], np.array([place for _, place in pairs], dtype=np.intp)


def _ids(kind: str, suppliers: np.ndarray[Any, Any]) -> list[str]:
    return [f"{kind}-{supplier}-{place}" for place, supplier in enumerate(suppliers.tolist())]


def _ints(values: list[int]) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=np.int64)


def _days(rows: list[dict[str, Any]], name: str) -> np.ndarray[Any, Any]:
    return np.array([days.ABSENT if row[name] is None else days.from_date(row[name]) for row in rows], dtype=np.int32)


PROVISIONS = ("A1", "A6", "B3", "C1", "C6", "D7", "E5")


def near(day: date) -> st.SearchStrategy[date]:
    """Generate days around one, and around the edges of the windows that end on it."""
    edges = [date(day.year - back, day.month, 1) for back in (0, 1, 2)] + [day, day - timedelta(548)]
    anywhere = st.integers(-900, 60).map(lambda offset: day + timedelta(offset))
    at_edge = st.builds(lambda edge, off: edge + timedelta(off), st.sampled_from(edges), st.integers(-3, 33))
    return anywhere | at_edge


@st.composite
def findings_near(draw: st.DrawFn, day: date = D) -> dict[str, Any]:
    """Generate a finding whose steps do not come before its discovery."""
    discovered_on = draw(near(day))

    def later() -> date | None:
        return draw(st.none() | st.integers(0, 500).map(lambda offset: discovered_on + timedelta(offset)))

    row: dict[str, Any] = {name: later() for name in FINDING_DATES}
    row["discovered_on"] = discovered_on
    row["withdrawn_on"] = later() if draw(st.integers(0, 5)) == 0 else None
    row["provision"] = draw(st.sampled_from(PROVISIONS))
    row["severity"] = draw(st.sampled_from(["priority", "major", "major", "minor", "minor", "minor"]))
    row["site"] = draw(st.integers(-1, 2))
    return row


@st.composite
def cases(draw: st.DrawFn, day: date = D) -> Case:
    """Generate a supplier with some of every kind of evidence."""
    figures = st.integers(0, 10000).map(lambda hundredths: hundredths / 100)
    case = Case(ranks=draw(st.dictionaries(st.integers(2022, 2028), figures, max_size=3)))
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["vap", "document_review", "document_review", *AUDIT_KINDS]))
        scope = draw(st.lists(st.sampled_from(CATEGORIES), max_size=2))
        case.audit(kind, draw(near(day)), *scope, site=draw(st.integers(-1, 2)))
    case.findings = draw(st.lists(findings_near(day), max_size=4))
    for on in draw(st.lists(near(day), max_size=2, unique=True)):
        case.survey(on, *draw(st.tuples(*[st.none() | figures] * 4)))
    for due_on in draw(st.lists(near(day), max_size=2)):
        case.asked(due_on, draw(st.none() | near(day)))
    for _ in range(draw(st.integers(0, 4))):
        case.took_part(draw(st.sampled_from(PARTICIPATION_KINDS)), draw(st.integers(0, 4)), draw(near(day)))
    for standard in draw(st.lists(st.sampled_from(["ISO 14001", "ISO 45001", "ISO 9001"]), max_size=2)):
        valid_from = draw(near(day))
        case.certificate(standard, valid_from, valid_from + timedelta(draw(st.integers(0, 1000))))
    return case
