"""`bellwether recompute` and `verify`: all scores anew, and all scores against the evidence."""

from typing import Annotated, Any

import httpx
import typer

from bellwether.api import Api
from bellwether.calling import calling

RUNNING = frozenset({"queued", "running"})
PATIENCE_SECONDS = 24 * 3600.0
Wait = Annotated[bool, typer.Option(help="Wait until it is done")]


def recompute(
    reason: Annotated[str, typer.Option(help="Why, for the audit log")] = "asked for by an operator", wait: Wait = True
) -> None:
    """Have every supplier scored anew, by whichever scoring workers are idle."""
    with calling() as api:
        asked = api.post("scoring", "/v1/recalculations", {"reason": reason})
        done = _outcome(api, asked, wait=wait)
    typer.echo(f"Recalculation {done['id']}: {done['status']}, {done['total']} suppliers.")
    raise typer.Exit(0 if not wait or done["status"] == "succeeded" else 1)


def verify(wait: Wait = True) -> None:
    """Recompute every stored score from its evidence; ends with 1 if any came out otherwise."""
    with calling() as api:
        asked = api.post("scoring", "/v1/verifications", {})
        done = _outcome(api, asked, wait=wait)
    typer.echo(f"Verification {done['id']}: {done['status']}, {done['checked']} checked, {done['drifted']} drifted.")
    raise typer.Exit(0 if not wait or (done["status"], done["drifted"]) == ("succeeded", 0) else 1)


def _outcome(api: Api, asked: httpx.Response, *, wait: bool) -> Any:
    return api.finished("scoring", asked, RUNNING, PATIENCE_SECONDS) if wait else asked.json()
