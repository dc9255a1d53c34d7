"""`bellwether webhooks`: those that are disabled, and sending again what they missed."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from bellwether.calling import calling
from bellwether.printing import AsJson, show

app = typer.Typer(help="Receivers of events.", no_args_is_help=True)

COLUMNS = ("id", "url", "status", "reason", "failures", "last_success_at")


@app.command("list")
def list_webhooks(as_json: AsJson = False) -> None:
    """List webhooks, with why they are disabled."""
    with calling() as api:
        show(api.items("scoring", "/v1/webhooks"), COLUMNS, as_json=as_json)


@app.command()
def replay(
    webhook_id: UUID,
    since: Annotated[datetime, typer.Option(help="What was given up since then, in UTC")],
) -> None:
    """Send again, under the same ids, what a receiver missed."""
    with calling() as api:
        replayed, more = 0, True
        while more:
            answer = api.post("scoring", f"/v1/webhooks/{webhook_id}/replay", {"since": f"{since.isoformat()}Z"}).json()
            replayed, more = replayed + answer["replayed"], answer["more"]
    typer.echo(f"{replayed} are sent again.")
