"""`/xapi/statements`: where learning systems tell who viewed, completed and passed courses."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Depends, Header, Query, Request, Response

from services.engagement.domain.xapi import answered_version
from services.engagement.endpoints.callers import Writer
from services.engagement.schemas.xapi import Statement, Statements
from services.engagement.service import xapi
from services.engagement.service.suppliers import Known
from services.engagement.service.xapi import Told
from shared.errors import FieldError, Malformed
from shared.web.caller import Opened
from shared.web.route import new_router
from shared.web.transaction import Transaction

router = new_router("/xapi", "xAPI")

VERSION_HEADER = "X-Experience-API-Version"


async def version_to_answer(
    header: Annotated[str | None, Header(alias=VERSION_HEADER, description="1.0, 1.0.x or 2.0.x")] = None,
) -> str:
    """The version of xAPI to answer with, or Malformed."""
    version = answered_version(header)
    if version is None:
        raise Malformed(f"Send {VERSION_HEADER} with 1.0.x or 2.0.x.", code="xapi-version")
    return version


async def told(
    request: Request,
    body: Annotated[Statements, Body()],
    resources: Opened,
    caller: Writer,
    version: Annotated[str, Depends(version_to_answer)],  # noqa: ARG001  # refused before the registry is asked
) -> tuple[list[Told], dict[str, Known]]:
    """The statements, with the suppliers that they name, who are found before the transaction begins."""
    caller.refuse_bound("resource")
    statements = xapi.read_statements(resources.cursor_key, body, await request.json())
    return statements, await xapi.learn_suppliers(resources, body)


async def told_by_id(
    request: Request,
    body: Annotated[Statement, Body()],
    resources: Opened,
    caller: Writer,
    version: Annotated[str, Depends(version_to_answer)],  # noqa: ARG001  # refused before the registry is asked
    statement_id: Annotated[UUID, Query(alias="statementId", description="The statement's id")],
) -> tuple[list[Told], dict[str, Known]]:
    """The one statement whose id the address names, with the supplier that it names."""
    caller.refuse_bound("resource")
    if body.id not in (None, statement_id):
        wrong = FieldError("#/id", "is not the statementId of the address")
        raise Malformed("The statement has another id than its address.", code="other-id", fields=[wrong])
    statement = body.model_copy(update={"id": statement_id})
    statements = xapi.read_statements(resources.cursor_key, [statement], await request.json())
    return statements, await xapi.learn_suppliers(resources, [statement])


@router.put("/statements", status_code=204)
async def store_statement(
    given: Annotated[tuple[list[Told], dict[str, Known]], Depends(told_by_id)],
    version: Annotated[str, Depends(version_to_answer)],
    session: Transaction,
    caller: Writer,
    response: Response,
) -> None:
    """Take in one statement under the id that the address names, as courses do that tell for themselves."""
    await xapi.store_statements(session, caller.actor, *given)
    response.headers[VERSION_HEADER] = version


@router.post("/statements")
async def store_statements(
    given: Annotated[tuple[list[Told], dict[str, Known]], Depends(told)],
    version: Annotated[str, Depends(version_to_answer)],
    session: Transaction,
    caller: Writer,
    response: Response,
) -> list[UUID]:
    """Take in a statement or up to 500, all or none, and answer their ids. One that is sent again changes nothing.

    viewed counts as a view of the course; completed and passed as the person's completion, once a day, which counts
    in the supplier's credit. The supplier is named by the context's extension
    `https://bellwether.example/xapi/supplier_code`; without it by the actor's account, whose name then is
    `SUPPLIER/person`. Views may name none. Of the actor only a keyed hash is kept.
    """
    ids = await xapi.store_statements(session, caller.actor, *given)
    response.headers[VERSION_HEADER] = version
    return ids
