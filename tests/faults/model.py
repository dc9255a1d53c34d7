"""A programme that anything may happen to over HTTP, and what an independent reading makes of it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import count
from typing import Any

from sqlalchemy.exc import DBAPIError

from services.scoring.worker import ScoresWorker
from shared.web.resources import open_resources
from tests.audit.programme import PLAN, TODAY, days_ago
from tests.faults.proxy import Fault, FaultProxy
from tests.oracle.plain_evidence import Audit, Certificate, Finding, Supplier, Survey
from tests.oracle.plain_policy import read_policy
from tests.oracle.plain_scoring import score_supplier
from tests.scoring.policy_makers import PolicyMakers
from tests.stage import Stage, url_of_role

STEPS: dict[str, dict[str, str]] = {
    "open": {"plan": "submitted", "withdraw": "withdrawn"},
    "submitted": {"plan/approve": "approved", "plan/reject": "rejected"},
    "rejected": {"plan": "submitted"},
    "approved": {"implement": "implemented"},
    "implemented": {"close": "closed", "reopen": "open"},
    "closed": {},
    "withdrawn": {},
}
"""Which steps a finding may take, and where to; all others here are refused."""
LAST_YEAR = TODAY.year - 1
numbers = count()


@dataclass(eq=False)
class Known:
    """A finding, and where it stands."""

    id: str
    plain: Finding
    owner: Supplier
    state: str = "open"
    etag: str = '"1"'


@dataclass(eq=False)
class Model:
    """What was answered with success, and nothing else; each method is a request and what it should have done."""

    stage: Stage
    suppliers: dict[str, Supplier] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    audits: list[tuple[str, Audit, Supplier]] = field(default_factory=list)
    findings: list[Known] = field(default_factory=list)
    certificates: list[tuple[str, Certificate, Supplier]] = field(default_factory=list)
    completions: list[tuple[str, tuple[str, date], Supplier]] = field(default_factory=list)
    ranks: dict[str, dict[int, Fraction]] = field(default_factory=dict)
    requests: int = 0
    authorization: str = ""

    def __post_init__(self) -> None:
        self.authorization = self.stage.machine("registry").headers["authorization"]

    async def send(
        self, service: str, method: str, path: str, body: Any = None, *, by: str = "", **headers: str
    ) -> Any:
        """As a person of that name, or as the one machine that does everything else."""
        self.requests += 1
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if not by:
            named["Authorization"] = self.authorization
        async with self.stage.person(service, by) if by else self.stage.caller(service) as client:
            return await client.request(method, path, json=body, headers=named)

    async def create_supplier(self, repeats: int) -> str:
        """Under a key, as often as somebody whose connection broke would: it is there once, with one answer."""
        code = f"M{next(numbers)}"
        body = {"code": code, "name": f"Supplier {code}", "country": "TW"}
        answers = await asyncio.gather(
            *(self.send("registry", "POST", "/v1/suppliers", body, Idempotency_Key=code) for _ in range(1 + repeats))
        )
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        again = await self.send("registry", "POST", "/v1/suppliers", body)
        assert again.status_code == 409, again.text
        made = answers[0].json()
        self.suppliers[made["id"]], self.versions[made["id"]] = Supplier(code, "TW"), 1
        return str(made["id"])

    async def rename(self, supplier_id: str, *, is_stale: bool) -> None:
        version = self.versions[supplier_id]
        tag = f'"{version - 1}"' if is_stale else f'"{version}"'
        url = f"/v1/suppliers/{supplier_id}"
        answer = await self.send("registry", "PATCH", url, {"name": f"N{next(numbers)}"}, If_Match=tag)
        assert answer.status_code == (412 if is_stale else 200), answer.text
        self.versions[supplier_id] += not is_stale
        assert (await self.send("registry", "GET", url)).json()["version"] == self.versions[supplier_id]

    async def add_site(self, supplier_id: str) -> None:
        body = {"site_code": f"P{next(numbers)}", "name": "Plant", "address": "1 Way", "country": "TW"}
        answer = await self.send("registry", "POST", f"/v1/suppliers/{supplier_id}/sites", body)
        assert answer.status_code == 201, answer.text

    async def add_audit(self, supplier_id: str, kind: str, age: int) -> None:
        body = {
            "supplier_id": supplier_id, "kind": kind, "standard": "RBA VAP 8.0",
            "conducted_on": days_ago(age).isoformat(),
        }  # fmt: skip
        answer = await self.send("audit", "POST", "/v1/audits", body)
        assert answer.status_code == 201, answer.text
        owner = self.suppliers[supplier_id]
        audit = Audit(site="", kind=kind, scope=[], conducted_on=days_ago(age), report_received_on=None)
        owner.audits.append(audit)
        self.audits.append((answer.json()["id"], audit, owner))

    async def add_finding(self, supplier_id: str, severity: str, provision: str, age: int, due_in: int | None) -> None:
        body = {
            "supplier_id": supplier_id, "code_version": "8.0", "provision": provision, "severity": severity,
            "discovered_on": days_ago(age).isoformat(),
        }  # fmt: skip
        due_on = None if due_in is None else max(TODAY + timedelta(days=due_in), days_ago(age))
        if due_on is not None:
            body["due_on"] = due_on.isoformat()
        answer = await self.send("audit", "POST", "/v1/findings", body)
        assert answer.status_code == 201, answer.text
        plain = Finding(
            answer.json()["finding_ref"], None, "RBA", "8.0", provision, severity, days_ago(age), given_due_on=due_on
        )
        owner = self.suppliers[supplier_id]
        owner.findings.append(plain)
        self.findings.append(Known(answer.json()["id"], plain, owner, etag=answer.headers["etag"]))

    async def take_step(self, known: Known, step: str, *, is_stale: bool) -> None:
        """A step of a finding's life, in its turn or out of it, on its newest version or on an older one."""
        url = f"/v1/findings/{known.id}"
        body: dict[str, Any] = {"reason": "It was so"} if step in ("plan/reject", "reopen", "withdraw") else {}
        method = "POST"
        if step == "plan":
            method, body = "PUT", dict(PLAN)
        by = "sam" if step in ("plan", "implement") else "ann"
        tag = '"0"' if is_stale else known.etag
        answer = await self.send("audit", method, f"{url}/{step}", body, by=by, If_Match=tag)
        if is_stale or step not in STEPS[known.state]:
            assert answer.status_code in ({412} if is_stale else {409, 422}), (known.state, step, answer.text)
            return
        assert answer.status_code == 200, (known.state, step, answer.text)
        known.etag, known.state = answer.headers["etag"], STEPS[known.state][step]
        match step:
            case "plan/approve":
                known.plain.plan_approved_on = TODAY
            case "implement":
                known.plain.implemented_on = TODAY
            case "close":
                known.plain.closed_on = TODAY
            case "withdraw":
                known.plain.withdrawn_on = TODAY
            case "reopen":
                known.plain.plan_approved_on = known.plain.implemented_on = None

    async def submit_survey(self, supplier_id: str, category: str, hundredths: int, age: int) -> None:
        owner = self.suppliers[supplier_id]
        score, on = Fraction(hundredths, 100), days_ago(age)
        row = f"{owner.code},{LAST_YEAR},{category},{float(score)},{on}"
        run = await self.stage.import_file(
            "audit", "surveys", f"supplier_code,year,category,score,submitted_on\n{row}\n"
        )
        self.requests += 1
        assert run["status"] == "succeeded", run
        owner.surveys = [each for each in owner.surveys if each.category != category]
        owner.surveys.append(Survey(LAST_YEAR, category, score, on))

    async def complete_course(self, supplier_id: str, age: int) -> None:
        ref = f"MC{next(numbers)}"
        course = (await self.send("engagement", "POST", "/v1/courses", {"code": ref, "title": "Course"})).json()
        body = {"supplier_id": supplier_id, "person_ref": "p-1", "on": days_ago(age).isoformat()}
        answer = await self.send("engagement", "POST", f"/v1/courses/{course['id']}/completions", body)
        assert answer.status_code == 201, answer.text
        owner = self.suppliers[supplier_id]
        owner.courses_completed.append((ref, days_ago(age)))
        self.completions.append((answer.headers["location"], (ref, days_ago(age)), owner))

    async def withdraw_completion(self, which: int) -> None:
        url, completed, owner = self.completions.pop(which)
        answer = await self.send("engagement", "POST", f"{url}/withdraw", {"reason": "Not so"}, If_Match='"1"')
        assert answer.status_code == 200, answer.text
        owner.courses_completed.remove(completed)

    async def add_certificate(self, supplier_id: str, standard: str, ends_in: int) -> None:
        plain = Certificate(standard, days_ago(200), TODAY + timedelta(days=ends_in))
        body = {
            "standard": standard, "valid_from": plain.valid_from.isoformat(),
            "valid_until": plain.valid_until.isoformat(),
        }  # fmt: skip
        url = f"/v1/suppliers/{supplier_id}/certificates"
        answer = await self.send("registry", "POST", url, body)
        if answer.status_code == 409:  # the same once more
            return
        assert answer.status_code == 201, answer.text
        self.suppliers[supplier_id].certificates.append(plain)
        self.certificates.append((f"{url}/{answer.json()['id']}", plain, self.suppliers[supplier_id]))

    async def withdraw_certificate(self, which: int) -> None:
        url, plain, owner = self.certificates.pop(which)
        body = {"withdrawn_on": TODAY.isoformat(), "reason": "Not so"}
        answer = await self.send("registry", "POST", f"{url}/withdraw", body, If_Match='"1"')
        assert answer.status_code == 200, answer.text
        owner.certificates.remove(plain)

    async def set_country_risk(self, year: int, rank: int) -> None:
        body = {"source": "WGI", "mean_percentile_rank": rank / 10}
        answer = await self.send("scoring", "PUT", f"/v1/country-risks/TW/{year}", body)
        assert answer.status_code == 200, answer.text

    async def change_policy(self, points: int, audit_weight: int) -> None:
        """Others' rules from today on; drafted by one, published by another."""
        document = {
            "points": {"priority": 2 * points, "major": points, "minor": 3},
            "weights": {"audit": audit_weight / 10, "survey": (9 - audit_weight) / 10, "inherent": 0.1},
        }
        await PolicyMakers(self.stage).published(document)
        self.requests += 2

    async def work(self) -> None:
        await ScoresWorker(self.stage.resources("scoring")).tick()

    async def kill_worker(self, after: int) -> int:
        """A worker all of whose connections break after so many bytes; what it had not committed is gone.

        That is all that PostgreSQL sees of one that is killed. Returns how many of them broke.
        """
        async with FaultProxy.before(self.stage.servers.admin_url) as proxy:
            url = proxy.url_of(url_of_role(self.stage.servers.admin_url, "scoring"))
            settings = self.stage.settings("scoring", database_url=url)
            async with open_resources(settings, transport=self.stage.transport) as resources:
                proxy.suffer(Fault(cut_answer_after=after))
                with suppress(DBAPIError, OSError):
                    await ScoresWorker(resources).tick()
            return proxy.met

    async def compare(self) -> None:
        """Every score that can be read is the plain reading of what was answered with success."""
        await self.stage.settle()
        known = (await self.send("scoring", "GET", "/v1/country-risks?limit=200")).json()["items"]
        for row in known:
            self.ranks.setdefault(row["country"], {})[row["year"]] = Fraction(repr(row["mean_percentile_rank"]))
        for supplier_id, supplier in self.suppliers.items():
            shown = (await self.send("scoring", "GET", f"/v1/scores/{supplier_id}")).json()
            document = (await self.send("scoring", "GET", f"/v1/policies/{shown['policy_version']}")).json()["document"]
            plain = score_supplier(supplier, self.ranks, TODAY, read_policy(document))
            told = (shown["score"], shown["base"], shown["credit"], shown["risk_tier"])
            assert told == (plain.score, plain.base, plain.credit, plain.risk_tier), (supplier, shown)
        assert await self.stage.psql("scoring", "SELECT supplier_id FROM dirty") == []
        assert await self.stage.psql("scoring", "SELECT pos FROM feed_parked") == []
