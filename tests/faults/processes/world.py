"""What the load acts on, and what it was promised: everything that a 2xx answered for."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults.processes.client import Client

TODAY = datetime.now(UTC).date()
LAST_YEAR = TODAY.year - 1
SUPPLIERS = 8
CATEGORIES = ("labor_employment", "environmental_impact")
QUESTIONNAIRE = {
    "name": "storm",
    "title": {"en": "Storm"},
    "sections": [
        {
            "category": category,
            "title": {"en": category},
            "questions": [{"code": f"q_{category}", "text": {"en": "Is it so?"}, "kind": "yes_no", "weight": 1}],
        }
        for category in CATEGORIES
    ],
}


def ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


@dataclass
class World:
    """Ids by code or reference; `findings` and the like hold what was answered with success."""

    prefix: str
    suppliers: dict[str, str] = field(default_factory=dict)
    audits: dict[str, str] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    survey: str = ""
    findings: dict[str, str] = field(default_factory=dict)
    """finding_ref -> supplier's id."""
    finding_ids: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    """References of findings whose closing was answered."""
    renamed: dict[str, list[int]] = field(default_factory=dict)
    """Supplier's id -> versions that a PATCH was answered with."""
    overwritten: list[str] = field(default_factory=list)
    """Versions whose PATCH was answered although it was meant for an older state than the one before."""
    attendances: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Attendance's id -> its event and its minutes."""
    submissions: dict[str, int] = field(default_factory=dict)
    """Supplier's id -> how often a survey's submission was answered."""
    imports: dict[str, int] = field(default_factory=dict)
    """Run's id -> rows of its file."""
    recalculations: set[str] = field(default_factory=set)
    policies: set[int] = field(default_factory=set)
    refs: int = 0

    def next_ref(self) -> str:
        """A reference that nothing has yet."""
        self.refs += 1
        return f"{self.prefix}-once-{self.refs}"

    @property
    def written(self) -> int:
        """How many writes were answered with success."""
        counted = (self.findings, self.closed, self.attendances, self.imports, self.recalculations, self.policies)
        return sum(map(len, (*counted, *self.renamed.values()))) + sum(self.submissions.values())


async def build(client: Client, people: list[Client], prefix: str, year: int = TODAY.year) -> World:
    """Suppliers, each with an audit; forums; a survey that asks all of them, the only one of its year."""
    world = World(prefix)
    for n in range(SUPPLIERS):
        code = f"{prefix}-{n}"
        supplier = await client.made("registry", "/v1/suppliers", {"code": code, "name": code, "country": "TW"})
        world.suppliers[code] = supplier["id"]
        body = {
            "audit_ref": f"VAP-{code}", "supplier_code": code, "kind": "vap", "standard": "RBA VAP 8.0",
            "conducted_on": ago(100),
        }  # fmt: skip
        world.audits[code] = (await client.made("audit", "/v1/audits", body))["id"]
    for n in range(2):
        world.events.append((await client.made("engagement", "/v1/events", _forum(f"{prefix}-{n}")))["id"])
    written = await client.call("POST", "audit", "/v1/questionnaires", json=QUESTIONNAIRE)
    assert written.status_code == 201, written.text
    published = f"/v1/questionnaires/{written.json()['id']}/publish"
    await people[0].made("audit", published, None, **{"If-Match": written.headers["etag"]})
    campaign = {
        "year": year, "title": prefix, "opened_on": ago(60), "due_on": ago(-30),
        "suppliers": list(world.suppliers), "reminder_days": [], "questionnaire_id": written.json()["id"],
    }  # fmt: skip
    world.survey = (await client.made("audit", "/v1/surveys", campaign))["id"]
    return world


def _forum(ref: str) -> dict[str, Any]:
    day = (TODAY - timedelta(days=20)).isoformat()
    return {
        "event_ref": ref, "kind": "forum", "title": "Forum", "topic": "Fees", "provisions": ["A1"], "language": "en",
        "starts_at": f"{day}T10:00:00+00:00", "ends_at": f"{day}T16:00:00+00:00", "time_zone": "UTC",
        "channel": "hybrid",
    }  # fmt: skip
