"""Two suppliers, and one object of every kind that belongs to the first: what the second one must never see."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.audit import programme, surveying
from tests.audit.evidence import upload
from tests.engagement.programme import attend, create_event
from tests.engagement.publishing import draft
from tests.engagement.support_meetings import create_meeting, promise, pull, treat
from tests.scoring.business.quarter_end import Q, QuarterEnd
from tests.scoring.identification.risk_year import LAST, THIS, RiskYear
from tests.security.operations import Operation
from tests.stage import Stage

ALPHA, BRAVO = "ALPHA-7Q", "BRAVO-8W"
WORDS = ("ALPHA-7Q", "Alpha Seven", "alpha-seven.example")
"""What stands in whatever is the first supplier's, wherever it is shown."""
BOUND_SCOPES = ("audit:read", "audit:submit", "engagement:read", "scoring:read")
TODAY = programme.TODAY.isoformat()


class CannotFillIn(AssertionError):
    """A route has a parameter for which the world holds nothing: add such an object to it."""


@dataclass
class World:
    """What was made, by the names that paths give to it."""

    stage: Stage
    code: str = ALPHA
    name: str = "Alpha Seven"
    alpha: str = ""
    bravo: str = ""
    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    """(service or beginning of a path with it, parameter) -> value."""
    shared: set[str] = field(default_factory=set)
    """Ids of what is not the first supplier's alone."""

    def keep(self, where: str, *, shared: bool = False, **values: str) -> None:
        for name, value in values.items():
            self.ids[where, name] = str(value)
            if shared:
                self.shared.add(str(value))

    def fill_in(self, operation: Operation) -> str:
        """The operation's path with the ids of what is the first supplier's."""
        path = operation.path
        for name in operation.path_parameters:
            path = path.replace(f"{{{name}}}", self.value(operation, name))
        return path

    def value(self, operation: Operation, name: str) -> str:
        where = f"{operation.service}{operation.path}"
        found = [key for key in self.ids if key[1] == name and where.startswith(key[0])]
        if not found:
            raise CannotFillIn(f"{operation.id}: nothing for {{{name}}}; make one in tests/security/world.py")
        return self.ids[max(found, key=lambda key: len(key[0]))]

    @property
    def marks(self) -> set[str]:
        """What must not stand in anything that the second supplier is shown."""
        own = {value for value in self.ids.values() if len(value) == 36} - self.shared
        return own | set(WORDS)

    def bound(self, service: str, supplier_id: str | None = None) -> httpx.AsyncClient:
        """The own client of a supplier; the second one's unless said otherwise."""
        return self.stage.machine(service, *BOUND_SCOPES, supplier_id=supplier_id or self.bravo)


async def make(client: httpx.AsyncClient, url: str, body: Any, method: str = "POST", **headers: str) -> dict[str, Any]:
    answer = await client.request(method, url, json=body, headers=headers)
    assert answer.is_success, (url, answer.text)
    made: dict[str, Any] = answer.json()
    return made


async def build_world(stage: Stage, code: str = ALPHA, name: str = "Alpha Seven") -> World:
    """Everything, by the API and the workers; code and name are the first supplier's."""
    world = World(stage, code, name)
    await _registry(world)
    await _audit(world)
    await _engagement(world)
    await _scoring(world)
    return world


async def _registry(world: World) -> None:
    stage = world.stage
    async with stage.machine("registry") as client:
        for code, name in ((world.code, world.name), (BRAVO, "Bravo Eight")):
            body = {"code": code, "name": name, "country": "TW", "status": "active", "kind": "key"}
            made = await make(client, "/v1/suppliers", body)
            if code == world.code:
                world.alpha = made["id"]
            else:
                world.bravo = made["id"]
        own = f"/v1/suppliers/{world.alpha}"
        person = {"name": "Lin Mei", "email": "mei@alpha-seven.example", "role": "sustainability", "language": "en"}
        contact = await make(client, f"{own}/contacts", person)
        other = {**person, "name": "Bo Chen", "email": "bo@bravo-eight.example"}
        await make(client, f"/v1/suppliers/{world.bravo}/contacts", other)
        site = await make(client, f"{own}/sites", {"site_code": "X1", "address": "1 Road", "country": "TW"})
        until = {"valid_from": "2024-01-01", "valid_until": "2199-12-31"}
        certificate = await make(client, f"{own}/certificates", {"standard": "ISO 14001", "number": "N-1", **until})
        source = str(uuid4())
        wanted = {"standard": "ISO 45001", "reason": "A course", "due_on": "2026-07-06"}
        reminder = await make(client, f"{own}/certificate-reminders/{source}", wanted, "PUT")
        bound = {"name": world.code, "scopes": list(BOUND_SCOPES), "supplier_id": world.alpha}
        key = await make(client, "/v1/clients", bound)
    rows = f"supplier_code,site_code,address,country\n{world.code},X2,2 Road,TW\n{world.code},X3,,TW\n"
    run = await stage.import_file("registry", "sites", rows)
    world.keep(
        "registry",
        supplier_id=world.alpha, contact_id=contact["id"], site_id=site["id"], certificate_id=certificate["id"],
        source_id=source, reminder_id=reminder["reminder"]["id"], client_id=key["client_id"], import_id=run["id"],
        code=world.code,
    )  # fmt: skip
    await _mapping_and_task(world, "registry", "suppliers", "sites")


async def _mapping_and_task(world: World, service: str, *kinds: str) -> None:
    async with world.stage.machine(service) as client:
        for kind in kinds:
            await make(client, f"/v1/import-mappings/{kind}/erp", {"ignore": ["x"]}, "PUT")
    (row,) = await world.stage.psql(service, "SELECT id FROM task ORDER BY id LIMIT 1")
    world.keep(service, name="erp", task_id=str(row["id"]))


async def _audit(world: World) -> None:
    stage = world.stage
    audit = await programme.add_audit(stage, supplier_code=world.code, audit_ref=f"AU {world.code}")
    finding = await programme.add_finding(stage, audit, finding_ref=f"FI {world.code}")
    assert (await programme.step(stage, finding["id"], "plan")).status_code == 200
    questionnaire = await surveying.add_questionnaire(stage, sections=surveying.SECTIONS)
    survey = await surveying.add_campaign(stage, world.code, BRAVO, questionnaire_id=questionnaire)
    responses = f"/v1/surveys/{survey['id']}/responses/{world.alpha}"
    rows = "finding_ref,root_cause,corrective_action\n"
    run = await stage.import_file("audit", "plans", rows + f"FI {world.code},Why,What\nNONE,Why,What\n")
    async with stage.machine("audit") as client:
        (standard,) = (await client.get("/v1/standards", params={"limit": 1})).json()["items"]
        evidence = await upload(client, f"/v1/findings/{finding['id']}/evidence")
        answered = await upload(client, f"{responses}/files", b"month,hours\n1,2\n", "text/csv", "hours.csv")
        assert (evidence.status_code, answered.status_code) == (201, 201), (evidence.text, answered.text)
        await make(client, f"{responses}/link", {})
    async with world.bound("audit", world.alpha) as client:
        saved = await client.put(responses, json={"answers": {"policy": {"value": True}}}, headers={"If-Match": "*"})
        assert saved.status_code == 200, saved.text
    world.keep("audit", audit_id=audit["id"], finding_id=finding["id"], supplier_id=world.alpha, import_id=run["id"])
    world.keep("audit", questionnaire_id=questionnaire, survey_id=survey["id"], standard_id=standard["id"], shared=True)
    world.keep("audit/v1/findings", file_id=evidence.json()["id"])
    world.keep("audit/v1/surveys", file_id=answered.json()["id"])
    await _mapping_and_task(world, "audit", "audits", "findings", "plans", "surveys")


async def _engagement(world: World) -> None:
    stage = world.stage
    await pull(stage, "registry", "audit")
    finding = {"id": world.ids["audit", "finding_id"]}
    async with stage.machine("engagement") as client:
        meeting = await create_meeting(client)
        await treat(client, meeting, finding)
        commitment = await promise(client, meeting, finding)
    await stage.run_tasks("engagement")
    report = (
        "Name (original name),Email,Join time,Leave time,Duration (minutes),Guest,In waiting room\n"
        "Mei Lin,mei@alpha-seven.example,04/16/2026 01:40:00 PM,04/16/2026 02:40:00 PM,60,Yes,No\n"
        "Somebody,who@nowhere.example,04/16/2026 01:40:00 PM,04/16/2026 02:40:00 PM,60,Yes,No\n"
    )
    rows = "event_ref,kind,title,starts_at,ends_at,supplier_code,person_ref\n"
    line = f"IMP-1,forum,Forum,2026-04-16T13:30:00+08:00,2026-04-16T17:00:00+08:00,{world.code},p-9\n"
    run = await stage.import_file("engagement", "attendances", rows + line + line.replace("IMP-1", ""))
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        path = f"/v1/events/{event['id']}"
        attendance = await attend(client, event["id"], supplier_code=world.code, person_ref="p-1")
        upcoming = await create_event(
            client, event_ref="NEXT", starts_at="2199-04-16T13:30:00+08:00", ends_at="2199-04-16T17:00:00+08:00"
        )
        await make(client, f"/v1/events/{upcoming['id']}/invitations", {"audience": {"everybody": True}})
        invitations = (await client.get(f"/v1/events/{upcoming['id']}/invitations")).json()["items"]
        invitation = next(one for one in invitations if one["supplier_id"] == world.alpha)
        reported = await client.post(
            f"{path}/attendance-reports",
            content=report.encode(),
            headers={"Content-Type": "text/csv"},
            params={"tool": "zoom", "time_zone": "Asia/Taipei", "day_order": "month_first"},
        )
        assert reported.status_code == 201, reported.text
        people = await client.get(f"{path}/attendance-reports/{reported.json()['id']}/people")
        group = await make(
            client, "/v1/groups", {"name": f"Of {world.code}", "channel": "recorded", "supplier_codes": [world.code]}
        )
        message = await make(client, f"/v1/groups/{group['id']}/messages", {"content": f"Hello {world.code}"})
        newsletter = await draft(client)
        course = await make(client, "/v1/courses", {
            "code": "CRS", "title": "A course", "language": "en", "links": ["https://learning.example/c"],
        })  # fmt: skip
        seen = {"supplier_code": world.code, "on": "2026-01-06"}
        views = await make(client, f"/v1/courses/{course['id']}/views", seen)
        done = {"supplier_code": world.code, "person_ref": "p-1", "on": "2026-01-06"}
        completion = await make(client, f"/v1/courses/{course['id']}/completions", done)
        balance = await make(client, "/v1/opening-balances", {
            "as_of": "2025-12-31", "person_times": 1, "session_hours": 1, "note": "Spreadsheet",
        })  # fmt: skip
        person = await make(client, "/v1/people/lookup", {"email": "mei@alpha-seven.example"})
    world.keep(
        "engagement",
        attendance_id=attendance["id"], report_id=reported.json()["id"], person_id=people.json()["items"][0]["id"],
        group_id=group["id"], message_id=message["id"], newsletter_id=newsletter["id"], balance_id=balance["id"],
        person_ref=person["person_ref"], import_id=run["id"], supplier_id=world.alpha, event_id=event["id"],
        view_id=views["id"], completion_id=completion["id"],
    )  # fmt: skip
    world.keep("engagement", course_id=course["id"], shared=True)
    for beginning in ("commitments/{", "commitments", "treated-findings"):
        world.keep(f"engagement/v1/events/{{event_id}}/{beginning}", event_id=meeting["id"])
    world.keep("engagement/v1/events/{event_id}/invitations/{", event_id=upcoming["id"])
    world.keep("engagement", commitment_id=commitment["id"], finding_id=finding["id"], invitation_id=invitation["id"])
    world.keep("audit", commitment_id=commitment["id"])
    await _mapping_and_task(world, "engagement", "attendances")


async def _scoring(world: World) -> None:
    stage = world.stage
    await stage.settle()
    quarter, year = QuarterEnd(stage), RiskYear(stage)
    quarter.ids = {world.code: UUID(world.alpha), BRAVO: UUID(world.bravo)}
    for code, total in ((world.code, 62.0), (BRAVO, 88.0)):
        quarter.stand(code, score=total)
        await quarter.perform(code, quality=total, cost=total, delivery=total, service=total)
    await quarter.source("PCB", {world.code: 0.6, BRAVO: 0.4})
    await quarter.publish()
    await quarter.perform(world.code, quality=60, cost=60, delivery=60, service=60)
    await quarter.publish()
    run = await quarter.post("/v1/allocations", {"qbr_quarter": Q}, by="ann")
    await quarter.work()
    allocation = await quarter.proposed("PCB")
    await year.identify(LAST)
    identified = await year.identify(THIS)
    async with stage.person("scoring", "ann") as client:
        (action, *_) = (await client.get("/v1/actions", params={"supplier_code": world.code})).json()["items"]
        of_alpha = {"comment": f"{world.code} moved", "supplier_id": world.alpha}
        comment = await make(client, f"/v1/qbrs/{Q}/comments", of_alpha)
        override = await make(client, "/v1/tier-overrides", {
            "supplier_id": world.alpha, "risk_tier": "high", "reason": f"Fire at {world.code}",
            "valid_until": TODAY,
        })  # fmt: skip
        hook = await make(client, "/v1/webhooks", {"url": "https://erp.example.com/hook", "events": ["score.changed"]})
        await make(client, f"/v1/webhooks/{hook['id']}/test", None)
        deliveries = (await client.get(f"/v1/webhooks/{hook['id']}/deliveries")).json()["items"]
        await make(client, "/v1/commodities/PCB", {"description": "Boards"}, "PUT")
        risk = {"source": "World Bank WGI", "mean_percentile_rank": 62.5}
        await make(client, "/v1/country-risks/TW/2024", risk, "PUT")
        policy = await make(client, "/v1/policies", {"name": "trial", "based_on": 1})
        simulation = await make(client, f"/v1/policies/{policy['version']}/simulate", {})
        verification = await make(client, "/v1/verifications", {"scope": "all"})
        recalculation = await make(client, "/v1/recalculations", {"reason": f"{world.code} moved"})
    await stage.run_tasks("scoring")
    header = "supplier_code,quarter,quality,cost,delivery,service\n"
    rows = f"{header}{world.code},2026Q2,50,50,50,50\n{world.code},x,1,1,1,1\n"
    imported = await stage.import_file("scoring", "performance", rows)
    world.keep(
        "scoring",
        action_id=action["id"], run_id=run.json()["id"], allocation_id=allocation["id"], comment_id=comment["id"],
        override_id=override["id"], webhook_id=hook["id"], delivery_id=deliveries[0]["id"], import_id=imported["id"],
        supplier_id=world.alpha, supplier_code=world.code, quarter=Q, commodity="PCB", country="TW", year="2024",
        code="PCB", which=str(identified["id"]), version=str(policy["version"]),
        simulation_id=simulation["id"], verification_id=verification["id"], recalculation_id=recalculation["id"],
    )  # fmt: skip
    await _mapping_and_task(world, "scoring", "commodities", "country-risks", "performance", "sourcing")
