"""I, the inherent figure: which year's country risk holds on a day, and from when another one will."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from services.scoring.domain import days
from services.scoring.domain.evidence import CountryRisks, Evidence, Floats, Rows
from services.scoring.domain.finding_states import Flags
from services.scoring.domain.policy import Policy

NONE = -1


@dataclass(frozen=True, slots=True)
class InherentFigures:
    """I of N suppliers, the country risk row it rests on, and the day from which a later year's row holds."""

    figure: Floats
    percentile_rank: Floats
    assumed: Flags
    row: Rows
    changes_on: days.WideDays


def inherent_figures(evidence: Evidence, day: date, policy: Policy) -> InherentFigures:
    """Return 50 + p/2; p of an unknown country is the policy's prudent one."""
    risks = evidence.country_risks
    held = np.flatnonzero(~np.isnan(risks.percentile_rank))
    countries = np.unique(risks.country[held])
    row, next_year = _rows_by_country(risks, held, countries, day.year)

    place = np.searchsorted(countries, evidence.country)
    known = np.isin(evidence.country, countries)
    of_supplier = np.full(evidence.suppliers, NONE, dtype=np.intp)
    of_supplier[known] = row[place[known]]
    rank = np.full(evidence.suppliers, policy.prudent.percentile_rank)
    rank[known] = risks.percentile_rank[of_supplier[known]]
    changes_on = np.full(evidence.suppliers, days.ABSENT, dtype=np.int64)
    changes_on[known] = next_year[place[known]]
    return InherentFigures(50 + rank / 2, rank, ~known, of_supplier, changes_on)


def _rows_by_country(risks: CountryRisks, held: Rows, countries: Rows, year: int) -> tuple[Rows, days.WideDays]:
    """Return per country the row of the latest year up to `year`, else of the earliest, and when the next one holds.

    Of two rows for one country and year the lower rank counts.
    """
    place = np.searchsorted(countries, risks.country)
    row = np.full(len(countries), NONE, dtype=np.intp)
    falling = held[np.lexsort((-risks.percentile_rank[held], -risks.year[held]))]
    row[place[falling]] = falling  # the last of equal indices stays: the earliest year
    past = held[risks.year[held] <= year]
    rising = past[np.lexsort((-risks.percentile_rank[past], risks.year[past]))]
    row[place[rising]] = rising

    later = held[(risks.year[held] > year) & (risks.year[held] > risks.year[row[place[held]]])]
    changes_on = np.full(len(countries), days.ABSENT, dtype=np.int64)
    np.minimum.at(changes_on, place[later], days.first_of_year(risks.year[later].astype(np.int64)))
    return row, changes_on
