"""A questionnaire with a question of every kind, answers to it, and the campaign that asks it."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from services.audit.domain.questionnaires import Questionnaire, parse
from tests.audit.programme import TODAY, add_supplier, post
from tests.stage import Stage

SECTIONS: list[dict[str, Any]] = [
    {
        "category": "labor_employment",
        "title": {"en": "Labour", "zh-Hant": "勞工"},
        "questions": [
            {
                "code": "policy",
                "text": {"en": "Is there a written policy?", "zh-Hant": "是否有書面政策"},
                "help": {"en": "Signed by the management"},
                "kind": "yes_no",
                "weight": 3,
            },
            {
                "code": "fees",
                "text": {"en": "Do workers pay fees?"},
                "kind": "yes_no",
                "weight": 1,
                "good_answer": "no",
            },
            {
                "code": "night",
                "text": {"en": "Do minors work at night?"},
                "kind": "yes_no",
                "weight": 4,
                "good_answer": "no",
                "may_be_not_applicable": True,
            },
        ],
    },
    {
        "category": "environmental_impact",
        "title": {"en": "Environment"},
        "questions": [
            {
                "code": "audit",
                "text": {"en": "Who verifies your emissions?"},
                "kind": "choice",
                "weight": 2,
                "options": [
                    {"code": "third", "label": {"en": "A third party", "zh-Hant": "第三方"}, "points": 1},
                    {"code": "own", "label": {"en": "=We ourselves", "zh-Hant": "自行"}, "points": 0.5},
                    {"code": "none", "label": {"en": "Nobody", "zh-Hant": "無"}, "points": 0},
                ],
            },
            {
                "code": "reported",
                "text": {"en": "What do you report?"},
                "kind": "multiple",
                "weight": 1,
                "options": [
                    {"code": "water", "label": {"en": "Water"}, "points": 0.4},
                    {"code": "waste", "label": {"en": "Waste"}, "points": 0.4},
                    {"code": "energy", "label": {"en": "Energy"}, "points": 0.4},
                ],
            },
            {
                "code": "renewable",
                "text": {"en": "Share of renewable energy"},
                "kind": "number",
                "unit": "%",
                "weight": 1,
                "bands": [{"at_least": 10, "points": 0.25}, {"at_least": 50, "points": 1}],
            },
            {"code": "plans", "text": {"en": "What do you plan?"}, "kind": "text", "weight": 0},
            {
                "code": "permit",
                "text": {"en": "The permit"},
                "kind": "file",
                "weight": 1,
                "may_be_not_applicable": True,
            },
        ],
    },
]
BODY = {"name": "annual", "title": {"en": "Annual survey", "zh-Hant": "年度調查"}, "sections": SECTIONS}
ANSWERS: dict[str, Any] = {
    "policy": {"value": True, "comment": "=1+1 is what we say"},
    "fees": {"value": True},
    "night": {"not_applicable": True, "comment": "No minors here"},
    "audit": {"value": "own"},
    "reported": {"value": ["water", "energy"]},
    "renewable": {"value": 12.5},
    "plans": {"value": "@more\nsolar"},
}
SCORES = {"labor_employment": 75.0, "environmental_impact": 41.0}
"""3 of 4 points; (2 x 0.5 + 0.8 + 0.25) of 5."""
MISSING = ["permit"]
DRAFT = {"policy": {"value": True}}


def sample() -> Questionnaire:
    return parse(BODY["title"], SECTIONS, name="annual", edition=1)  # type: ignore[arg-type]


def questionnaire_of(*questions: Mapping[str, Any], category: str = "labor_employment") -> Questionnaire:
    filled = [{"text": {"en": "?"}, "kind": "yes_no", "weight": 1, **question} for question in questions]
    return parse({"en": "Survey"}, [{"category": category, "title": {"en": "Part"}, "questions": filled}])


async def publish(stage: Stage, **fields: Any) -> dict[str, Any]:
    """A questionnaire that ann drafted and bob published."""
    async with stage.person("audit", "ann") as ann, stage.person("audit", "bob") as bob:
        draft = await post(ann, "/v1/questionnaires", {**BODY, **fields})
        answer = await bob.post(f"/v1/questionnaires/{draft['id']}/publish", headers={"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text
        published: dict[str, Any] = answer.json()
        return published


async def ask(stage: Stage, codes: Sequence[str] = ("S1",), **fields: Any) -> tuple[str, list[str]]:
    """A campaign that asks these suppliers by the questionnaire: its address, and the suppliers' ids."""
    ids = [await add_supplier(stage, code) for code in codes]
    questionnaire = await publish(stage)
    body = {
        "year": TODAY.year,
        "title": "Survey",
        "due_on": f"{TODAY.year}-12-31",
        "suppliers": ids,
        "questionnaire_id": questionnaire["id"],
        **fields,
    }
    async with stage.machine("audit") as client:
        survey = await post(client, "/v1/surveys", body)
    return f"/v1/surveys/{survey['id']}", ids


def supplier(stage: Stage, supplier_id: str) -> httpx.AsyncClient:
    return stage.machine("audit", "audit:read", "audit:submit", supplier_id=supplier_id)


async def answered(stage: Stage, url: str, answers: Mapping[str, Any] = ANSWERS) -> dict[str, Any]:
    """The response at `url` saved and submitted by a supplier's own client."""
    async with supplier(stage, url.rpartition("/")[2]) as client:
        etag = (await client.get(url)).headers["etag"]
        saved = await client.put(url, json={"answers": answers}, headers={"If-Match": etag})
        assert saved.status_code == 200, saved.text
        submitted = await client.post(f"{url}/submit")
        assert submitted.status_code == 200, submitted.text
        response: dict[str, Any] = submitted.json()
        return response
