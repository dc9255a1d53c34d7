"""`bellwether clients`: the machines that may call the API."""

import asyncio
import json
from typing import Annotated
from uuid import UUID

import typer

from bellwether.calling import calling
from bellwether.printing import AsJson, show
from services.registry.schemas.clients import NewClient
from services.registry.service import clients
from services.registry.settings import RegistrySettings
from shared.auth.principal import Actor
from shared.db import connect

app = typer.Typer(help="API clients.", no_args_is_help=True)

COLUMNS = ("client_id", "name", "scopes", "supplier_id", "revoked_at")


@app.command("list")
def list_clients(as_json: AsJson = False) -> None:
    """List API clients, revoked ones included."""
    with calling() as api:
        show(api.items("registry", "/v1/clients"), COLUMNS, as_json=as_json)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What it is for")],
    scopes: Annotated[str, typer.Option(help='Separated by blanks: "audit:read audit:write"')],
    supplier_id: Annotated[UUID | None, typer.Option(help="Binds it to a supplier")] = None,
    first: Annotated[
        bool, typer.Option("--first", help="By the registry's own settings, where no client is known yet")
    ] = False,
) -> None:
    """Make an API client and print its id and secret, which nobody can read again."""
    new = {"name": name, "scopes": scopes.split(), "supplier_id": None if supplier_id is None else str(supplier_id)}
    if first:
        made = asyncio.run(_create_first(NewClient.model_validate(new)))
    else:
        with calling() as api:
            made = api.post("registry", "/v1/clients", new).json()
    typer.echo(json.dumps({"client_id": made["client_id"], "client_secret": made["client_secret"]}))


@app.command()
def rotate(client_id: UUID) -> None:
    """Give a client a new secret; the old one works for one more day."""
    with calling() as api:
        made = api.post("registry", f"/v1/clients/{client_id}/rotate").json()
    typer.echo(json.dumps({"client_id": made["client_id"], "client_secret": made["client_secret"]}))


@app.command()
def revoke(client_id: UUID) -> None:
    """End a client: no new token at once; those it holds die within five minutes."""
    with calling() as api:
        api.post("registry", f"/v1/clients/{client_id}/revoke")
    typer.echo(f"{client_id} is revoked.")


async def _create_first(new: NewClient) -> dict[str, str]:
    """The API needs a client to make one; whoever may read the registry's own settings may make the first."""
    settings = RegistrySettings.load()
    database = connect(settings.database_url, settings.service, pool_size=1)
    try:
        async with database.transaction() as session:
            client, secret = await clients.create_client(session, Actor("operator", None), new)
    finally:
        await database.close()
    return {"client_id": str(client.id), "client_secret": secret}
