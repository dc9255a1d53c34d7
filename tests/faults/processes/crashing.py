"""Leads a process to a line on which it dies, and looks whether the write is there before it is asked for again."""

from uuid import uuid4

from tests.faults.processes.arming import Trap
from tests.faults.processes.client import Client
from tests.faults.processes.invariants import Found
from tests.faults.processes.load import finding_body, keep_finding, start_import
from tests.faults.processes.points import Point
from tests.faults.processes.world import World

SPRUNG_SECONDS = 120.0
ROWS = 1300
"""More than a batch."""


async def crash(trap: Trap, world: World, client: Client, point: Point, ref: str, found: Found) -> None:
    """Bring a process to `point` and repeat what was not answered, as clients do."""
    trap.set(point)
    if point.act == "import":
        await start_import(client, world, ROWS, ref)
    elif point.act == "recalculate":
        await client.made("scoring", "/v1/recalculations", {"reason": ref})
    elif point.act == "score":
        await client.made("registry", "/v1/suppliers", {"code": ref, "name": ref})
    else:
        await _post(world, client, point, ref, found)
    await trap.sprung(point, SPRUNG_SECONDS)


async def _post(world: World, client: Client, point: Point, ref: str, found: Found) -> None:
    code, supplier_id = next(iter(world.suppliers.items()))
    body, headers = finding_body(world, ref, code), {"Idempotency-Key": uuid4().hex}
    first = await client.once("POST", "audit", "/v1/findings", json=body, headers=headers)
    if point.kept is not None:
        held = [one for one in await client.items("audit", "/v1/findings") if one["finding_ref"] == ref]
        if first is not None and not held:
            found.lost.append(f"{point.name}: answered with {first.status_code}, and {ref} is not there")
        if bool(held) != point.kept:
            found.wrong.append(f"{point.name}: {ref} is {'' if held else 'not '}there")
    again = first or await client.call("POST", "audit", "/v1/findings", json=body, headers=headers)
    if again.status_code != 201:
        found.wrong.append(f"{point.name}: asked again, the answer was {again.status_code}: {again.text}")
        return
    if point.kept and "idempotency-replayed" not in again.headers:
        found.doubled.append(f"{point.name}: {ref} was carried out again")
    keep_finding(world, again.json(), supplier_id)
