"""A campaign with a questionnaire of every kind of question, and links to it."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.audit.programme import TODAY, add_supplier, post
from tests.stage import Stage

SECTIONS: list[dict[str, Any]] = [
    {
        "category": "labor_employment",
        "title": {"en": "Labour", "zh": "劳工", "zh-TW": "勞工"},
        "questions": [
            {
                "code": "policy",
                "text": {"en": "Is there a written policy?", "zh-CN": "是否有书面政策?", "zh-TW": "是否有書面政策?"},
                "help": {"en": "Signed by the <management>", "zh-TW": "由管理階層簽署"},
                "kind": "yes_no",
                "weight": 2,
            },
            {
                "code": "hours",
                "text": {"en": "How are hours recorded?", "zh-TW": "如何記錄工時?"},
                "kind": "choice",
                "weight": 1,
                "may_be_not_applicable": True,
                "options": [
                    {"code": "paper", "label": {"en": "On paper", "zh-TW": "紙本"}, "points": 0.25},
                    {"code": "clock", "label": {"en": "By a clock", "zh-TW": "打卡"}, "points": 1},
                ],
            },
            {
                "code": "channels",
                "text": {"en": "Which channels for grievances?"},
                "kind": "multiple",
                "weight": 1,
                "options": [
                    {"code": "box", "label": {"en": "Box"}, "points": 0.5},
                    {"code": "line", "label": {"en": "Phone line"}, "points": 0.5},
                ],
            },
        ],
    },
    {
        "category": "environment_energy",
        "title": {"en": "Energy", "zh-TW": "能源"},
        "questions": [
            {
                "code": "energy",
                "text": {"en": "Energy used in the year", "zh-TW": "全年用電量"},
                "kind": "number",
                "unit": "MWh",
                "weight": 1,
            },
            {"code": "plans", "text": {"en": "What do you plan?"}, "kind": "text", "weight": 1},
        ],
    },
]
PROOF = {"code": "proof", "text": {"en": "Your policy as a file"}, "kind": "file", "weight": 1}


async def add_questionnaire(stage: Stage, *more: dict[str, Any], sections: Any = None) -> str:
    chosen = [*(sections or SECTIONS), *more]
    body = {"name": "annual", "title": {"en": "Annual survey", "zh-TW": "年度問卷"}, "sections": chosen}
    async with stage.person("audit", "ann") as ann, stage.person("audit", "bob") as bob:
        made = await ann.post("/v1/questionnaires", json=body)
        assert made.status_code == 201, made.text
        url = made.headers["location"]
        published = await bob.post(f"{url}/publish", headers={"If-Match": made.headers["etag"]})
        assert published.status_code == 200, published.text
    return str(made.json()["id"])


async def add_campaign(stage: Stage, *suppliers: str, due_in: int = 30, **fields: Any) -> dict[str, Any]:
    body = {
        "year": TODAY.year,
        "title": "Survey",
        "opened_on": (TODAY - timedelta(days=60)).isoformat(),
        "due_on": (TODAY + timedelta(days=due_in)).isoformat(),
        "suppliers": suppliers,
        "reminder_days": [],
        **fields,
    }
    async with stage.machine("audit") as client:
        return await post(client, "/v1/surveys", body)


async def ask(stage: Stage, *more: dict[str, Any], **fields: Any) -> tuple[dict[str, Any], str]:
    """A campaign that asks one supplier, and the supplier's id."""
    supplier_id = await add_supplier(stage)
    questionnaire_id = await add_questionnaire(stage, *more)
    return await add_campaign(stage, "S1", questionnaire_id=questionnaire_id, **fields), supplier_id


async def make_link(stage: Stage, survey: dict[str, Any], supplier_id: str, **body: Any) -> dict[str, Any]:
    async with stage.machine("audit", "audit:write") as client:
        return await post(client, f"/v1/surveys/{survey['id']}/responses/{supplier_id}/link", body)


def token_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["token"][0]


def browser(stage: Stage, language: str = "en") -> httpx.AsyncClient:
    client = stage.caller("audit")
    client.headers["Accept-Language"] = language
    client.follow_redirects = True
    return client


async def response_of(stage: Stage, survey: dict[str, Any], supplier_id: str) -> dict[str, Any]:
    async with stage.machine("audit", "audit:read") as client:
        answer = await client.get(f"/v1/surveys/{survey['id']}/responses/{supplier_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found
