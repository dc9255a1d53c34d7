"""`bellwether dead-letters`: work that was given up, and trying it again once the cause is mended."""

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

import typer

from bellwether.api import Api
from bellwether.calling import SERVICES, calling, service_named
from bellwether.errors import OperationFailed
from bellwether.printing import AsJson, show

app = typer.Typer(help="Work that was given up.", no_args_is_help=True)

COLUMNS = ("service", "id", "kind", "attempts", "last_error", "finished_at")
OnlyOf = Annotated[str | None, typer.Option("--service", help="Only of this service")]


@app.command("list")
def list_dead(service: OnlyOf = None, as_json: AsJson = False) -> None:
    """List dead letters, oldest first."""
    with calling() as api:
        show(_dead(api, service), COLUMNS, as_json=as_json)


@app.command()
def replay(
    task_id: Annotated[UUID | None, typer.Argument(help="Which one; needs --service")] = None,
    service: OnlyOf = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are dead")] = False,
) -> None:
    """Have dead letters tried again from their first attempt."""
    if (task_id is None) == (not everything):
        raise OperationFailed("Name one task and its --service, or say --all.")
    if task_id is not None and service is None:
        raise OperationFailed("Whose task is it? Say --service.")
    with calling() as api:
        if task_id is None:
            chosen = [(one["service"], one["id"]) for one in _dead(api, service)]
        else:
            chosen = [(service_named(str(service)), str(task_id))]
        for owner, each in chosen:
            api.post(owner, f"/v1/tasks/{each}/replay")
            typer.echo(f"{owner} {each} is tried again.")


def _dead(api: Api, service: str | None) -> Iterator[dict[str, Any]]:
    for each in SERVICES if service is None else (service_named(service),):
        yield from ({"service": each, **task} for task in api.items(each, "/v1/tasks", status="dead"))
