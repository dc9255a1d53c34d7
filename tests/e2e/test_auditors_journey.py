"""An auditor's year with one supplier, told step by step; after each of them the risk tier is looked at."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from tests.stage import Stage

TODAY = datetime.now(UTC).date()
CONDUCTED, REPORTED = TODAY - timedelta(days=120), TODAY - timedelta(days=110)
DUE = CONDUCTED + timedelta(days=90)
"""Until when the forced-labour finding is to be mended: 90 days from its discovery."""
VERIFIED = TODAY - timedelta(days=5)

PLAN = {
    "root_cause": "The labour agent keeps the workers' passports",
    "containment_action": "All 41 passports were handed back the same day",
    "corrective_action": "The contract with the agent is ended; lockers are bought",
    "preventive_action": "Recruitment goes through our own office only",
    "starts_on": (CONDUCTED + timedelta(days=2)).isoformat(),
    "completes_on": (CONDUCTED + timedelta(days=60)).isoformat(),
    "contact_name": "Mei Lin",
    "contact_email": "mei.lin@supplier.example",
}


@dataclass
class Journey:
    """Those who act on it, and the supplier it is about."""

    stage: Stage
    supplier_id: str

    async def score(self, day: date) -> dict[str, Any]:
        """The supplier's score at the end of a day, once the worker has caught up."""
        await self.stage.settle()
        async with self.stage.machine("scoring", "scoring:read") as client:
            answer = await client.get(f"/v1/scores/{self.supplier_id}", params={"as_of": day.isoformat()})
            score: dict[str, Any] = answer.raise_for_status().json()
            return score

    async def tier(self, day: date) -> tuple[str, float]:
        """The risk tier, and the labour category's score."""
        score = await self.score(day)
        return score["risk_tier"], score["categories"]["labor_employment"]

    async def step(self, client: httpx.AsyncClient, path: str, body: dict[str, Any], method: str = "POST") -> Any:
        """A request on the newest version of the audit or finding that it changes."""
        read = await client.get("/".join(path.split("/")[:4]))
        answer = await client.request(method, path, json=body, headers={"If-Match": read.headers["etag"]})
        assert answer.is_success, answer.text
        return answer.json()


async def begin(stage: Stage) -> Journey:
    ranks = "country,year,source,mean_percentile_rank\nTW,2024,WGI,90\n"
    await stage.import_file("scoring", "country-risks", ranks)
    async with stage.machine("registry") as client:
        made = await client.post("/v1/suppliers", json={"code": "S1", "name": "One", "country": "TW"})
    return Journey(stage, made.json()["id"])


async def test_from_the_plan_of_an_audit_to_its_recognition(stage: Stage) -> None:
    journey = await begin(stage)
    async with (
        stage.machine("audit", "audit:read", "audit:write") as office,
        stage.machine("audit", "audit:read", "audit:submit", supplier_id=journey.supplier_id) as supplier,
        stage.person("audit", "buyer") as buyer,
        stage.person("audit", "auditor", ["auditor"]) as auditor,
    ):
        # Planned: nothing is known yet, and prudence says medium.
        audit = (
            await office.post(
                "/v1/audits",
                json={
                    "supplier_id": journey.supplier_id, "kind": "vap", "standard": "RBA VAP 8.0", "auditor": "Firm A",
                    "auditor_qualification": "APSCA member", "planned_on": CONDUCTED.isoformat(), "audit_ref": "A-1",
                },
            )
        ).raise_for_status().json()  # fmt: skip
        assert (audit["status"], await journey.tier(TODAY)) == ("planned", ("medium", 65.5))

        # Conducted, then reported: an assessment without a finding so far.
        audit_path = f"/v1/audits/{audit['id']}"
        await journey.step(office, audit_path, {"conducted_on": CONDUCTED.isoformat()}, "PATCH")
        reported = await journey.step(
            office,
            audit_path,
            {
                "report_received_on": REPORTED.isoformat(),
                "score": 169.5,
                "criteria": {"total": 40, "not_applicable": 2, "conforming": 36},
            },
            "PATCH",
        )
        assert (reported["status"], reported["computed_score"]) == ("reported", 189.47)
        assert await journey.tier(TODAY) == ("low", 85.5)

        # Found: passports are kept. A priority finding makes the tier high, whatever else is good.
        finding = (
            await office.post(
                f"{audit_path}/findings",
                json={
                    "provision": "A1", "code_version": "8.0", "severity": "priority", "finding_ref": "F-1",
                    "discovered_on": CONDUCTED.isoformat(), "description": "Passports of 41 workers are kept",
                },
            )
        ).raise_for_status().json()  # fmt: skip
        path = f"/v1/findings/{finding['id']}"
        assert finding["due_on"] == DUE.isoformat()
        figures = (await office.get(audit_path)).json()
        assert (figures["computed_score"], figures["score_difference"]) == (169.47, 0.03)
        assert figures["recognition"]["level"] is None
        assert await journey.tier(CONDUCTED) == ("high", 65.5)

        # The supplier submits a plan; the buyer rejects it; neither changes the tier.
        first = await supplier.put(f"{path}/plan", json={**PLAN, "preventive_action": None})
        assert first.status_code == 200, first.text
        assert (await journey.tier(CONDUCTED))[0] == "high"
        rejected = await journey.step(buyer, f"{path}/plan/reject", {"reason": "How will it not come back?"})
        assert rejected["status"] == "plan_rejected"

        # Resubmitted and approved: the finding weighs less, and is still a priority one.
        seen = await supplier.get(path)
        again = await supplier.put(f"{path}/plan", json=PLAN, headers={"If-Match": seen.headers["etag"]})
        assert again.json()["n"] == 2
        await journey.step(buyer, f"{path}/plan/approve", {})
        assert await journey.tier(TODAY) == ("high", 55.5)  # overdue by now: 1.5 x 40 points off the audit's part

        # Overdue: past its due date and not implemented.
        overdue = (await office.get("/v1/findings", params={"overdue": True})).json()["items"]
        assert [each["finding_ref"] for each in overdue] == ["F-1"]

        # Implemented, as the supplier says: no longer overdue.
        await journey.step(supplier, f"{path}/implement", {})
        assert await journey.tier(TODAY) == ("high", 85.5 - 12)

        # Verified by a closure audit, and so closed.
        closure = (
            await office.post(
                "/v1/audits",
                json={
                    "supplier_id": journey.supplier_id, "kind": "closure", "standard": "RBA VAP 8.0", "score": 184,
                    "conducted_on": TODAY.isoformat(), "report_received_on": TODAY.isoformat(),
                    "follows_audit_id": audit["id"],
                },
            )
        ).raise_for_status().json()  # fmt: skip
        version = (await auditor.get(path)).json()["version"]
        closed = await auditor.post(
            f"/v1/audits/{closure['id']}/close-findings",
            json={"findings": [{"finding_id": finding["id"], "version": version}]},
        )
        assert closed.status_code == 200, closed.text
        assert await journey.tier(TODAY) == ("low", 85.5 - 4)

        # Recognised: 184 by the closure audit, and the priority finding closed.
        recognition = (await office.get(audit_path)).json()["recognition"]
        assert (recognition["level"], recognition["score"]) == ("gold", 184)

        # All of it can be read back, and every past day's tier stands.
        history = (await supplier.get(f"{path}/history")).json()["items"]
        assert [entry["what"] for entry in history if entry["what"] in STEPS] == STEPS
        assert (await journey.tier(CONDUCTED - timedelta(days=1)))[0] == "medium"
        assert await journey.tier(DUE) == ("high", 65.5)
        assert await journey.tier(DUE + timedelta(days=1)) == ("high", 55.5)


STEPS = ["plan_submitted", "plan_rejected", "plan_submitted", "plan_approved", "implemented", "closed"]
