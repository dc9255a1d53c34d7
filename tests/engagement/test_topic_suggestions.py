"""From a year's findings to the topics of its forums."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engagement.domain import topics
from services.engagement.domain.topics import ProvisionFigures, suggest
from tests.audit.programme import add_audit, add_finding, add_supplier, ago
from tests.stage import Stage

THIS_YEAR = datetime.now(UTC).year
STANDARDS = Path(__file__).resolve().parents[2] / "migrations"


def figures(provision: str, version: str = "8.0", standard: str = "RBA", **changes: int) -> ProvisionFigures:
    counts = {"findings": 4, "previous": 4, "suppliers": 2, **changes}
    severities = {"priority": 0, "major": counts["findings"], "minor": 0}
    return ProvisionFigures(standard, version, provision, f"Title {provision}", **counts, by_severity=severities)


async def hold_the_year(stage: Stage) -> None:
    """Forced labour and working hours at three suppliers, emissions at two, a document missing at one."""
    found = {
        "S1": [("A1", "priority"), ("A3", "major"), ("C8", "major")],
        "S2": [("A3", "major"), ("C8", "major")],
        "S3": [("A3", "major"), ("E11", "minor")],
    }
    for code, findings in found.items():
        await add_supplier(stage, code)
        audit = await add_audit(stage, supplier_code=code, conducted_on=ago(60))
        for provision, severity in findings:
            await add_finding(stage, audit, provision=provision, severity=severity)
    before = await add_audit(stage, supplier_code="S2", conducted_on=ago(400))
    await add_finding(stage, before, provision="A3")


async def test_a_years_findings_suggest_a_human_rights_and_a_carbon_forum(stage: Stage) -> None:
    await hold_the_year(stage)
    async with stage.machine("engagement") as client:
        answer = await client.get("/v1/topic-suggestions")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["to"], found["suppliers_with_findings"], found["complete"]) == (ago(0), 3, True)
    rights, carbon, systems = found["items"]
    assert (rights["topic"], rights["kind"]) == ("human_rights", "forum")
    assert rights["suggested_title"] == f"Human rights and labour forum {THIS_YEAR}"
    assert (carbon["topic"], carbon["kind"]) == ("carbon_and_energy", "forum")
    assert (systems["topic"], systems["kind"]) == ("management_systems", "support_meeting")
    # 40 + 3 x 12; four findings against one a year before, held to 1.5; all three suppliers with findings are touched
    assert (rights["severity_points"], rights["trend_factor"], rights["reach_factor"]) == (76, 1.5, 2.0)
    assert rights["priority"] == 228.0
    assert (rights["findings"], rights["previous"], rights["change_percent"], rights["suppliers"]) == (4, 1, 300.0, 3)
    assert rights["by_severity"] == {"priority": 1, "major": 3, "minor": 0}
    assert [(each["provision"], each["findings"]) for each in rights["provisions"]] == [("A3", 3), ("A1", 1)]
    # 2 x 12, nothing to compare with, two suppliers of three
    assert (carbon["priority"], carbon["change_percent"]) == (40.0, None)


async def test_the_days_and_the_standard_can_be_told(stage: Stage) -> None:
    await hold_the_year(stage)
    async with stage.machine("engagement") as client:
        earlier = await client.get("/v1/topic-suggestions", params={"from": ago(450), "to": ago(300)})
        version = await client.get("/v1/topic-suggestions", params={"standard": "RBA", "code_version": "7.0"})
        backwards = await client.get("/v1/topic-suggestions", params={"from": ago(1), "to": ago(2)})
        future = await client.get("/v1/topic-suggestions", params={"from": ago(-5)})
    assert [item["topic"] for item in earlier.json()["items"]] == ["human_rights"]
    assert earlier.json()["from"] == ago(450)
    assert version.json()["items"] == []
    assert [answer.status_code for answer in (backwards, future)] == [422, 422]


async def test_where_nothing_was_found_nothing_is_suggested(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        assert (await client.get("/v1/topic-suggestions")).json()["items"] == []


async def test_a_supplier_sees_no_suggestions_and_no_effect(stage: Stage) -> None:
    async with stage.machine("engagement", "engagement:read", supplier_id=await add_supplier(stage)) as client:
        for path in ("/v1/topic-suggestions", "/v1/effect"):
            assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("name", ["rba_7_0", "rba_8_0"])
def test_every_provision_of_the_code_has_one_topic(name: str) -> None:
    (path,) = STANDARDS.rglob(f"{name}.json")
    standard = json.loads(path.read_text(encoding="utf-8"))
    edition = (standard["standard"], standard["version"])
    codes = [provision["code"] for provision in standard["provisions"]]
    mapped = [code for topic in topics.TOPICS for code in topic.provisions[edition]]
    assert sorted(mapped) == sorted(codes)


def test_a_standard_that_no_topic_knows_is_grouped_by_its_provisions() -> None:
    found = suggest([figures("6.1", "2015", "ISO 14001"), figures("8.2", "2015", "ISO 14001")], 4)
    assert [one.topic for one in found] == ["ISO 14001 2015 6.1", "ISO 14001 2015 8.2"]
    assert found[0].title == "ISO 14001 2015 6.1 Title 6.1"


def test_where_few_of_many_suppliers_are_touched_a_training_is_suggested() -> None:
    assert [one.kind for one in suggest([figures("C8", suppliers=2)], 100)] == ["training"]


def test_what_was_found_only_a_year_ago_is_no_topic_any_more() -> None:
    assert suggest([figures("C8", findings=0, previous=9)], 5) == []


PROVISIONS = st.builds(
    figures,
    st.sampled_from(["A1", "A3", "B7", "C8", "D7", "E1", "Z9"]),
    findings=st.integers(0, 50),
    previous=st.integers(0, 50),
    suppliers=st.integers(1, 20),
)


@given(st.lists(PROVISIONS, max_size=8, unique_by=lambda one: one.provision), st.integers(20, 100))
def test_topics_share_all_findings_and_are_ranked(given_figures: list[ProvisionFigures], suppliers: int) -> None:
    found = suggest(given_figures, suppliers)
    assert sum(one.findings for one in found) == sum(each.findings for each in given_figures)
    assert [one.priority for one in found] == sorted((one.priority for one in found), reverse=True)


@given(PROVISIONS, st.integers(20, 100))
def test_a_further_finding_never_lowers_a_topics_priority(one: ProvisionFigures, suppliers: int) -> None:
    more = figures(one.provision, findings=one.findings + 1, previous=one.previous, suppliers=one.suppliers)
    before = sum(topic.priority for topic in suggest([one], suppliers))
    assert suggest([more], suppliers)[0].priority >= before
