"""`bellwether health`: whether all is well, at a glance and by exit code."""

import httpx
import typer

from bellwether.calling import SERVICES, Addresses, calling
from bellwether.printing import AsJson, show

COLUMNS = ("service", "status", "database", "migrations", "redis", "dead_letters")


def health(as_json: AsJson = False) -> None:
    """Ask all four services how they fare; ends with 1 unless all are ready, fresh and without dead letters."""
    rows = []
    with calling() as api:
        for service in SERVICES:
            try:
                answer = httpx.get(f"{Addresses().url(service)}/readyz", timeout=5, trust_env=False).json()
            except (httpx.HTTPError, ValueError):
                answer = {"status": "away"}
            if answer["status"] in ("ready", "degraded"):
                answer["dead_letters"] = sum(1 for _ in api.items(service, "/v1/tasks", status="dead"))
            rows.append({"service": service, **answer})
        scoring_answers = rows[-1]["status"] in ("ready", "degraded")
        fresh = api.get("scoring", "/v1/freshness") if scoring_answers else {"fresh": False}
    show(rows, COLUMNS, as_json=as_json)
    typer.echo(f"Scores are {'up to date' if fresh['fresh'] else 'behind'}.", err=as_json)
    well = fresh["fresh"] and all(row["status"] == "ready" and not row["dead_letters"] for row in rows)
    raise typer.Exit(0 if well else 1)
