"""A, the audit figure: sites, document reviews, states of findings and windows."""

from datetime import date

import pytest

from tests.scoring.domain.evidence_cases import Case, D, audit_figure, scored

LABOR, ENVIRONMENT = "labor_employment", "environmental_impact"
RECENT = date(2026, 5, 1)


@pytest.mark.parametrize("kind", ["vap", "cma", "supplemental", "internal", "closure"])
def test_an_assessment_without_findings_gives_the_full_figure(kind: str) -> None:
    assert audit_figure(Case().audit(kind, RECENT), LABOR) == 100


def test_a_document_review_alone_gives_75() -> None:
    assert audit_figure(Case().audit("document_review", RECENT), LABOR) == 75


@pytest.mark.parametrize("kind", ["regulatory", "incident"])
def test_what_authorities_or_incidents_bring_never_assesses_but_its_findings_deduct(kind: str) -> None:
    case = Case().audit(kind, RECENT)
    assert audit_figure(case, LABOR) == 60
    assert audit_figure(case.finding("A1", "major", RECENT), LABOR) == 48


def test_without_any_audit_the_prudent_figure_is_assumed() -> None:
    scores = scored(Case())
    assert scores.detail.audit.figure.tolist() == [[60] * 4]
    assert scores.detail.audit.assumed.all()


def test_an_assessment_counts_only_for_the_categories_in_its_scope() -> None:
    case = Case().audit("vap", RECENT, LABOR)
    assert audit_figure(case, LABOR) == 100
    assert audit_figure(case, ENVIRONMENT) == 60
    assert scored(case).detail.audit.assumed.tolist() == [[True, False, True, True]]


def test_a_scope_of_categories_unknown_to_the_policy_covers_nothing() -> None:
    assert audit_figure(Case().audit("vap", RECENT, "animal_welfare"), LABOR) == 60


@pytest.mark.parametrize(("on", "figure"), [((2024, 9, 30), 60), ((2024, 10, 1), 100), ((2026, 9, 30), 100)])
def test_the_audit_window_is_open_at_its_start_and_closed_at_its_end(on: tuple[int, int, int], figure: int) -> None:
    assert audit_figure(Case().audit("vap", date(*on)), LABOR) == figure


def test_an_audit_of_tomorrow_does_not_count_today() -> None:
    assert audit_figure(Case().audit("vap", date(2026, 10, 1)), LABOR) == 60


def test_the_figure_is_half_the_mean_and_half_the_worst_site() -> None:
    case = Case().audit("vap", RECENT, site=1).audit("vap", RECENT, site=2)
    case.finding("A1", "priority", RECENT, site=2)
    assert audit_figure(case, LABOR) == ((100 + 60) / 2 + 60) / 2


def test_a_site_cannot_fall_below_zero_and_so_drag_the_others_down() -> None:
    case = Case().audit("vap", RECENT, site=1).audit("vap", RECENT, site=2)
    for _ in range(3):
        case.finding("A1", "priority", RECENT, site=2)
    assert audit_figure(case, LABOR) == (50 + 0) / 2


def test_findings_at_a_site_not_assessed_deduct_from_the_whole() -> None:
    case = Case().audit("vap", RECENT, site=1).finding("A1", "major", RECENT, site=2)
    assert audit_figure(case, LABOR) == 88


def test_no_site_is_a_site_of_its_own() -> None:
    case = Case().audit("vap", RECENT, site=1).audit("vap", RECENT).finding("A1", "major", RECENT)
    assert audit_figure(case, LABOR) == ((100 + 88) / 2 + 88) / 2


def test_assessed_is_per_category_so_a_finding_outside_the_scope_deducts_from_the_prudent_figure() -> None:
    case = Case().audit("vap", RECENT, LABOR, site=1).finding("C1", "minor", RECENT, site=1)
    assert audit_figure(case, ENVIRONMENT) == 57
    assert audit_figure(case, LABOR) == 100


def test_deductions_stop_at_zero() -> None:
    case = Case()
    for _ in range(2):
        case.finding("A1", "priority", RECENT)
    assert audit_figure(case, LABOR) == 0


def test_an_assessment_of_the_same_site_outdoes_its_document_review() -> None:
    case = Case().audit("document_review", RECENT, site=1).audit("vap", RECENT, site=1)
    assert audit_figure(case, LABOR) == 100


def test_a_document_review_of_a_further_site_does_not_lower_the_figure() -> None:
    case = Case().audit("vap", RECENT, site=1).audit("document_review", RECENT, site=2)
    assert audit_figure(case, LABOR) == 100


def test_a_site_left_out_with_its_document_review_still_deducts_its_findings() -> None:
    case = Case().audit("vap", RECENT, site=1).audit("document_review", RECENT, site=2)
    case.finding("A1", "major", RECENT, site=2)
    with_review, without = ((100 + 63) / 2 + 63) / 2, 100 - 12
    assert audit_figure(case, LABOR) == max(with_review, without)


def test_a_document_review_stays_in_where_it_gives_the_better_figure() -> None:
    case = Case().audit("vap", RECENT, site=1).audit("document_review", RECENT, site=2)
    for _ in range(2):
        case.finding("A1", "priority", RECENT, site=2)
    with_review, without = ((100 + 0) / 2 + 0) / 2, 100 - 80
    assert with_review > without
    assert audit_figure(case, LABOR) == with_review


def test_document_reviews_alone_are_all_kept() -> None:
    case = Case().audit("document_review", RECENT, site=1).audit("document_review", RECENT, site=2)
    case.finding("A1", "major", RECENT, site=2)
    assert audit_figure(case, LABOR) == ((75 + 63) / 2 + 63) / 2


@pytest.mark.parametrize(
    ("dates", "deducted"),
    [
        ({}, 12),
        ({"due_on": D}, 12),
        ({"due_on": date(2026, 9, 29)}, 18),
        ({"due_on": date(2026, 9, 29), "approved_on": RECENT}, 18),
        ({"due_on": date(2026, 9, 29), "implemented_on": D}, 7.2),
        ({"due_on": date(2026, 12, 1), "approved_on": D}, 7.2),
        ({"due_on": date(2026, 12, 1), "implemented_on": D}, 7.2),
        ({"approved_on": date(2026, 10, 1)}, 12),
        ({"due_on": date(2026, 9, 1), "closed_on": D}, 2.4),
        ({"closed_on": date(2026, 10, 1)}, 12),
        ({"closed_on": RECENT, "withdrawn_on": D}, 0),
        ({"withdrawn_on": date(2026, 10, 1)}, 12),
    ],
)
def test_the_first_state_that_applies_sets_the_factor(dates: dict[str, date], deducted: float) -> None:
    case = Case().audit("vap", RECENT).finding("A1", "major", RECENT, **dates)
    assert audit_figure(case, LABOR) == 100 - deducted


@pytest.mark.parametrize(("severity", "points"), [("priority", 40), ("major", 12), ("minor", 3)])
def test_severity_sets_the_points(severity: str, points: int) -> None:
    case = Case().audit("vap", RECENT).finding("A1", severity, RECENT)
    assert audit_figure(case, LABOR) == 100 - points


def test_an_old_finding_counts_while_open_and_no_more_once_closed() -> None:
    old = date(2024, 9, 30)
    case = Case().audit("vap", RECENT)
    assert audit_figure(case.copy().finding("A1", "minor", old), LABOR) == 97
    assert audit_figure(case.copy().finding("A1", "minor", old, closed_on=RECENT), LABOR) == 100
    assert audit_figure(case.copy().finding("A1", "minor", date(2024, 10, 1), closed_on=RECENT), LABOR) == 99.4


def test_a_finding_does_not_exist_before_its_discovery() -> None:
    case = Case().finding("A1", "priority", date(2026, 10, 1))
    assert audit_figure(case, LABOR) == 60
    assert "open_priority_finding" not in scored(case).tier_reasons(0)
