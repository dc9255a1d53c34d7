"""The whole report, in the order in which its tables are read."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from bellwether.api import Api
from local.report.changes import moments_until, print_changes
from local.report.engagement import print_engagement
from local.report.ranking import print_ranking
from local.report.shares import print_shares
from local.report.tiers import print_tiers
from local.review import Outcome

PAGE = 200


def tell(api: Api, outcome: Outcome, folder: Path, console: Console) -> None:
    """Print what came of the programme in `folder`; what it has nothing of is left out."""
    today = datetime.now(UTC).date()
    suppliers = list(api.items("registry", "/v1/suppliers", limit=PAGE))
    scores = list(api.items("scoring", "/v1/scores", limit=PAGE))
    print_tiers(suppliers, scores, console)
    quarter = outcome.quarter or last_audited_quarter(folder, today)
    print_changes(api, suppliers, scores, moments_until(quarter, today), console)
    if outcome.quarter is not None:
        print_ranking(api, outcome.quarter, console)
    commodities = api.items("scoring", "/v1/commodities", limit=PAGE) if outcome.allocations else ()
    descriptions = {commodity["code"]: commodity["description"] for commodity in commodities}
    print_shares(outcome.allocations, descriptions, console)
    print_engagement(api, console)


def last_audited_quarter(folder: Path, today: date) -> str:
    """The quarter of the latest audit: where nothing is reviewed, that is where a story would end."""
    path = folder / "audits.csv"
    latest = today
    if path.is_file():
        with path.open(encoding="utf-8-sig", newline="") as lines:
            days = [row["conducted_on"] for row in csv.DictReader(lines) if row.get("conducted_on")]
        latest = min(date.fromisoformat(max(days)[:10]), today) if days else today
    return f"{latest.year}Q{(latest.month + 2) // 3}"
