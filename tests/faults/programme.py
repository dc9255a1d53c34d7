"""Evidence that is written over HTTP at the services it belongs to, and noted for the plain reading of the score."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx

from tests.oracle.plain_evidence import Audit, Certificate, Finding, Supplier
from tests.oracle.plain_scoring import PlainScore, score_supplier
from tests.stage import Stage

SOURCES = ("registry", "audit", "engagement")
TODAY = datetime.now(UTC).date()
numbers = count()


class Programme:
    """Suppliers and what is known of them: what was answered 2xx, and nothing else."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.suppliers: dict[str, Supplier] = {}
        self._course: str | None = None
        self.written = 0

    async def add_supplier(self) -> str:
        """A supplier with an audit, so that everything counts for it."""
        code = f"S{next(numbers)}"
        made = await self.post("registry", "/v1/suppliers", {"code": code, "name": f"Supplier {code}"})
        conducted_on = TODAY - timedelta(days=100)
        body = {"kind": "vap", "standard": "RBA VAP 8.0", "conducted_on": conducted_on.isoformat()}
        await self.post("audit", "/v1/audits", {**body, "supplier_code": code})
        audit = Audit(site="", kind="vap", scope=[], conducted_on=conducted_on, report_received_on=None)
        self.suppliers[made["id"]] = Supplier(code, audits=[audit])
        return str(made["id"])

    async def write(self, source: str) -> None:
        """One more piece of evidence on each supplier, of the kind that `source` keeps."""
        for supplier_id in list(self.suppliers):
            match source:
                case "registry":
                    await self.add_certificate(supplier_id)
                case "audit":
                    await self.add_finding(supplier_id)
                case _:
                    await self.complete_course(supplier_id)

    async def add_finding(self, supplier_id: str, severity: str = "minor") -> str:
        discovered_on = TODAY - timedelta(days=10)
        body = {
            "supplier_id": supplier_id, "finding_ref": f"F{next(numbers)}", "code_version": "8.0", "provision": "A3",
            "severity": severity, "discovered_on": discovered_on.isoformat(),
        }  # fmt: skip
        made = await self.post("audit", "/v1/findings", body)
        noted = Finding(body["finding_ref"], None, "RBA", "8.0", "A3", severity, discovered_on)
        self.suppliers[supplier_id].findings.append(noted)
        return str(made["id"])

    async def add_certificate(self, supplier_id: str) -> None:
        valid_from, valid_until = TODAY - timedelta(days=30), TODAY + timedelta(days=300 + next(numbers))
        body = {"standard": "ISO 14001", "valid_from": valid_from.isoformat(), "valid_until": valid_until.isoformat()}
        await self.post("registry", f"/v1/suppliers/{supplier_id}/certificates", body)
        self.suppliers[supplier_id].certificates.append(Certificate("ISO 14001", valid_from, valid_until))

    async def complete_course(self, supplier_id: str) -> None:
        ref = f"C{next(numbers)}"
        course = await self.post("engagement", "/v1/courses", {"code": ref, "title": "Course"})
        on = TODAY - timedelta(days=5)
        body = {"supplier_id": supplier_id, "person_ref": "p-1", "on": on.isoformat()}
        await self.post("engagement", f"/v1/courses/{course['id']}/completions", body)
        self.suppliers[supplier_id].courses_completed.append((ref, on))

    def expected(self, supplier_id: str) -> PlainScore:
        """Its score by the plain reading."""
        return score_supplier(self.suppliers[supplier_id], {}, TODAY)

    async def post(self, service: str, path: str, body: dict[str, Any]) -> Any:
        """What was made; AssertionError where it was not."""
        async with self.caller(service) as client:
            answer = await client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        self.written += 1
        return answer.json()

    def caller(self, service: str) -> httpx.AsyncClient:
        """Whoever writes."""
        return self.stage.machine(service)
