"""Whom to write to: rules, contacts, and what people want."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import ValidationError

from services.engagement.schemas.audiences import AudienceRule
from services.engagement.service import people
from services.engagement.service.audience import audiences
from shared.errors import Invalid, Unavailable
from tests.audit.programme import add_audit, add_finding, ago
from tests.engagement.known_people import add_contact, add_supplier, find, missed, pull, reached, ref_of
from tests.stage import Stage


async def programme(stage: Stage) -> dict[str, str]:
    """Four suppliers of all kinds with a person each; known to engagement by the feed."""
    fields: dict[str, dict[str, Any]] = {
        "KEY": {"kind": "key", "country": "TW", "supply_tier": 1},
        "OEM": {"kind": "oem", "country": "VN", "supply_tier": 1},
        "RAW": {"country": "VN", "supply_tier": 3},
        "OLD": {"kind": "key", "country": "TW", "supply_tier": 2, "status": "inactive"},
    }
    ids = {code: await add_supplier(stage, code, **given) for code, given in fields.items()}
    for code, supplier_id in ids.items():
        await add_contact(stage, supplier_id, f"mei@{code.lower()}.example")
    await pull(stage)
    return ids


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"kinds": ["key"]}, {"KEY": ("kind key",)}),
        ({"kinds": ["key", "oem"], "countries": ["VN"]}, {"OEM": ("country VN", "kind oem")}),
        ({"supply_tiers": [1]}, {"KEY": ("supply tier 1",), "OEM": ("supply tier 1",)}),
        ({"supplier_codes": ["RAW", "OEM"], "kinds": ["general"]}, {"RAW": ("kind general", "supplier RAW")}),
        (
            {"any_of": [{"kinds": ["key"]}, {"countries": ["VN"], "supply_tiers": [3]}]},
            {"KEY": ("kind key",), "RAW": ("country VN", "supply tier 3")},
        ),
        (
            {"any_of": [{"kinds": ["key"]}, {"kinds": ["oem"]}], "countries": ["VN"]},
            {"OEM": ("country VN", "kind oem")},
        ),
        ({"everybody": True}, dict.fromkeys(("KEY", "OEM", "RAW"), ("everybody",))),
        ({"everybody": True, "roles": ["Sustainability"]}, None),
        ({"kinds": ["key"], "roles": ["finance"]}, {}),
    ],
)
async def test_fields_narrow_down_and_their_values_widen(
    stage: Stage, rule: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    await programme(stage)
    found = reached(await find(stage, **rule))
    if expected is None:
        assert set(found.values()) == {("everybody", "role sustainability")}
    else:
        assert found == expected


async def test_suppliers_are_listed_by_id_and_code_together_and_each_person_comes_once(stage: Stage) -> None:
    ids = await programme(stage)
    shared = await add_contact(stage, ids["RAW"], "Mei@KEY.example", language="zh-TW")
    found = await find(stage, supplier_ids=[ids["KEY"]], supplier_codes=["RAW"])
    [key, raw] = found.recipients
    assert (key.supplier_code, key.person_ref) == ("KEY", ref_of(stage, "mei@key.example"))
    assert key.reasons == ("supplier KEY", "supplier RAW")
    assert (raw.supplier_code, raw.reasons) == ("RAW", ("supplier RAW",))
    [twice] = found.left_out
    assert (twice.supplier_code, twice.reason, str(twice.contact_id)) == ("RAW", "duplicate", shared)


async def test_findings_lead_to_their_suppliers(stage: Stage) -> None:
    await programme(stage)
    for code, provision, on in (("KEY", "A1", ago(400)), ("OEM", "A1", ago(30)), ("RAW", "C8", ago(30))):
        audit = await add_audit(stage, supplier_code=code, conducted_on=on)
        await add_finding(stage, audit, provision=provision)
    await pull(stage, "audit")
    both = await find(stage, findings={"provisions": ["A1"]})
    late = await find(stage, findings={"provisions": ["A1", "C8"], "from": ago(60), "code_version": "8.0"})
    early = await find(stage, findings={"to": ago(60)})
    none = await find(stage, findings={"standard": "RBA", "code_version": "7.0"})
    assert reached(both) == {"KEY": ("finding on RBA 8.0 A1",), "OEM": ("finding on RBA 8.0 A1",)}
    assert reached(late) == {"OEM": ("finding on RBA 8.0 A1",), "RAW": ("finding on RBA 8.0 C8",)}
    assert reached(early) == {"KEY": ("finding on RBA 8.0",)}
    assert reached(none) == {}
    await stage.psql("engagement", "UPDATE finding_copy SET closed_on = discovered_on WHERE provision = 'A1'")
    assert reached(await find(stage, findings={"provisions": ["A1"]})) == {}
    assert len(reached(await find(stage, findings={"provisions": ["A1"], "only_open": False}))) == 2
    await stage.psql("engagement", "UPDATE finding_copy SET withdrawn_on = discovered_on")
    assert reached(await find(stage, findings={"only_open": False})) == {}


async def test_risk_tiers_are_asked_of_scoring_page_by_page(stage: Stage) -> None:
    ids = await programme(stage)
    pages = {None: (["KEY", "RAW"], "more"), "more": (["OEM"], None)}

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/scores"
        assert request.url.params["risk_tier"] == "high"
        codes, following = pages[request.url.params.get("cursor")]
        return httpx.Response(
            200, json={"items": [{"supplier_id": ids[code]} for code in codes], "next_cursor": following}
        )

    scoring = stage.transport.applications["scoring"]
    stage.transport.applications["scoring"] = httpx.MockTransport(answer)
    try:
        found = await find(stage, risk_tiers=["high"], countries=["VN"])
    finally:
        stage.transport.applications["scoring"] = scoring
    assert reached(found) == {"OEM": ("country VN", "risk tier high"), "RAW": ("country VN", "risk tier high")}


@pytest.mark.parametrize(
    ("away", "rule", "code"),
    [
        ("scoring", {"any_of": [{"kinds": ["key"]}, {"risk_tiers": ["high"]}]}, "scoring-away"),
        ("registry", {"kinds": ["key"]}, "registry-away"),
        ("registry", {"supplier_codes": ["NEW"]}, "registry-unavailable"),
    ],
)
async def test_whoever_has_to_be_asked_and_is_away_makes_it_unavailable(
    stage: Stage, away: str, rule: dict[str, Any], code: str
) -> None:
    await programme(stage)
    application = stage.transport.applications.pop(away)
    try:
        with pytest.raises(Unavailable) as raised:
            await find(stage, **rule)
    finally:
        stage.transport.applications[away] = application
    assert raised.value.code == code


async def test_suppliers_and_events_that_there_are_not_are_named(stage: Stage) -> None:
    nobody = str(uuid4())
    with pytest.raises(Invalid) as suppliers:
        await find(stage, any_of=[{"supplier_codes": ["NO"]}, {"supplier_ids": [nobody]}])
    assert [(one.pointer, one.detail) for one in suppliers.value.fields] == [
        ("#/audience/supplier_codes", "no supplier has the code NO"),
        ("#/audience/supplier_ids", f"no supplier has the id {nobody}"),
    ]
    with pytest.raises(Invalid) as events:
        await find(stage, absent_from=nobody)
    assert (events.value.code, nobody in events.value.fields[0].detail) == ("unknown-event", True)


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"everybody": False},
        {"everybody": True, "kinds": ["key"]},
        {"any_of": [{}]},
        {"kind": ["key"]},
        {"kinds": ["secret"]},
        {"countries": ["Taiwan"]},
        {"supply_tiers": [0]},
        {"risk_tiers": ["none"]},
        {"supplier_codes": ["a\x00"]},
        {"findings": {"from": "2026-02-01", "to": "2026-01-01"}},
        {"findings": {"provision": "A1"}},
        {"any_of": [{"any_of": [{"any_of": [{"kinds": ["key"]}]}]}]},
    ],
)
def test_a_rule_that_means_nobody_or_nothing_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AudienceRule.model_validate(rule)


def test_a_rule_is_the_same_after_it_was_kept() -> None:
    given = {"any_of": [{"findings": {"provisions": ["A1"], "from": "2026-01-01"}}], "kinds": ["key"]}
    rule = AudienceRule.model_validate(given)
    for by_alias in (True, False):
        assert AudienceRule.model_validate(rule.model_dump(mode="json", by_alias=by_alias)) == rule


async def test_those_who_do_not_want_mail_or_get_none_are_left_out(stage: Stage) -> None:
    await programme(stage)
    await add_supplier(stage, "BARE")
    await pull(stage)
    async with stage.machine("engagement") as client:
        for code, body in (
            ("KEY", {"invitations": None, "newsletters": False}),
            ("OEM", {"invitations": False, "newsletters": True}),
        ):
            ref = ref_of(stage, f"mei@{code.lower()}.example")
            assert (await client.put(f"/v1/people/{ref}/consent", json=body)).status_code == 200
    news, invited = await find(stage, everybody=True), await find(stage, "invitations", everybody=True)
    assert set(reached(news)) == {"OEM", "RAW"}
    assert set(reached(invited)) == {"KEY", "RAW"}
    assert missed(news) == [
        ("BARE", "no_contact"),
        ("KEY", "consent_withdrawn"),
        ("OLD", "supplier_not_active"),
    ]
    async with stage.resources("engagement").database.transaction() as session:
        await people.mark_unreachable(session, ref_of(stage, "mei@raw.example"), datetime.now(UTC))
    again = await find(stage, everybody=True)
    assert ("RAW", "unreachable") in missed(again)
    assert set(reached(again)) == {"OEM"}


async def test_where_people_have_to_agree_silence_is_no_consent(stage: Stage) -> None:
    await programme(stage)
    async with stage.resources("engagement").database.transaction() as session:
        await people.give_consent(session, ref_of(stage, "mei@oem.example"), "newsletters", by="ann")
    strict = replace(stage.resources("engagement"), settings=stage.settings("engagement", mail_consent="opt_in"))
    rule = AudienceRule(kinds=["key", "oem"])
    news = await audiences.find_audience(strict, rule, "newsletters")
    invitations = await audiences.find_audience(strict, rule, "invitations")
    assert set(reached(news)) == {"OEM"}
    assert missed(news) == [("KEY", "not_agreed"), ("OLD", "supplier_not_active")]
    assert reached(invitations) == {}


async def test_merged_suppliers_count_as_the_one_that_is_left(stage: Stage) -> None:
    ids = await programme(stage)
    async with stage.machine("registry") as client:
        version = (await client.get(f"/v1/suppliers/{ids['OLD']}")).headers["etag"]
        merged = await client.post(
            f"/v1/suppliers/{ids['OLD']}/merge", json={"into": ids["KEY"]}, headers={"If-Match": version}
        )
        assert merged.status_code == 200, merged.text
    await pull(stage)
    found = await find(stage, supplier_codes=["OLD"])
    assert reached(found) == {"KEY": ("supplier OLD",), "OLD": ("supplier OLD",)}
    assert [str(one.supplier_id) for one in found.recipients] == [ids["KEY"], ids["OLD"]]
    assert found.left_out == []
