"""`/v1/clients`: the machines that may ask for tokens."""

from typing import Annotated
from uuid import UUID

from fastapi import Response
from sqlalchemy import select

from services.registry import repository
from services.registry.models import ApiClient
from services.registry.schemas.clients import ClientView, ClientWithSecret, NewClient
from services.registry.service import clients
from shared.auth.principal import Principal
from shared.web.caller import scoped
from shared.web.etags import set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/clients", "API clients")

Admin = Annotated[Principal, scoped("admin")]


def view(client: ApiClient) -> ClientView:
    """A client as the API shows it."""
    shown = {name: getattr(client, name) for name in ClientView.model_fields if name != "client_id"}
    return ClientView(client_id=client.id, **shown)


def view_with_secret(client: ApiClient, secret: str, response: Response) -> ClientWithSecret:
    """A client with its new secret, which no cache may keep."""
    set_etag(response, client.version)
    response.headers["Cache-Control"] = "no-store"
    return ClientWithSecret(**view(client).model_dump(), client_secret=secret)


@router.post("", status_code=201)
async def create_client(body: NewClient, session: Transaction, caller: Admin, response: Response) -> ClientWithSecret:
    """Create an API client. Its secret is in this answer and nowhere else."""
    client, secret = await clients.create_client(session, caller.actor, body)
    response.headers["Location"] = f"/v1/clients/{client.id}"
    return view_with_secret(client, secret, response)


@router.get("")
async def list_clients(session: Reading, _caller: Admin, pages: Pages) -> Page[ClientView]:
    """List API clients, revoked ones included."""
    rows, following = await pages.read(session, select(ApiClient, ApiClient.id), ApiClient.id)
    return Page(items=[view(row.ApiClient) for row in rows], next_cursor=following)


@router.get("/{client_id}")
async def get_client(client_id: UUID, session: Reading, _caller: Admin, response: Response) -> ClientView:
    """Read one API client."""
    client = await repository.get(session, ApiClient, client_id, "client")
    set_etag(response, client.version)
    return view(client)


@router.post("/{client_id}/rotate")
async def rotate_client(client_id: UUID, session: Transaction, caller: Admin, response: Response) -> ClientWithSecret:
    """Give a client a new secret; the old one works for one more day."""
    client, secret = await clients.rotate_secret(session, caller.actor, client_id)
    return view_with_secret(client, secret, response)


@router.post("/{client_id}/revoke")
async def revoke_client(client_id: UUID, session: Transaction, caller: Admin, response: Response) -> ClientView:
    """End a client: no new token at once, and those it holds die within five minutes."""
    client = await clients.revoke_client(session, caller.actor, client_id)
    set_etag(response, client.version)
    return view(client)
