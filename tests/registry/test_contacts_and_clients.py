"""Contacts and API clients over HTTP."""

from tests.stage import Stage

NOBODY = "01990000-0000-7000-8000-000000000000"
PERSON = {"name": "Lin Mei", "email": "lin@jade.example", "role": "sustainability"}


async def test_a_contact_is_read_where_its_location_says_until_it_is_erased(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        one, other = [
            (await client.post("/v1/suppliers", json={"code": code, "name": code})).json()["id"]
            for code in ("S1", "S2")
        ]
        answer = await client.post(f"/v1/suppliers/{one}/contacts", json=PERSON)
        url = answer.headers["location"]
        read = await client.get(url)
        unchanged = await client.get(url, headers={"If-None-Match": answer.headers["etag"]})
        elsewhere = await client.get(url.replace(one, other))
        unknown = await client.get(f"/v1/suppliers/{one}/contacts/{NOBODY}")
        await client.delete(url)
        erased = await client.get(url)
    assert (answer.status_code, read.json(), read.headers["etag"]) == (201, answer.json(), '"1"')
    assert [answer.status_code for answer in (unchanged, elsewhere, unknown)] == [304, 404, 404]
    assert (erased.json()["name"], erased.json()["email"], erased.headers["etag"]) == (None, None, '"2"')


async def test_contacts_of_many_suppliers_are_found_at_once_without_erased_ones(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        one, other = [
            (await client.post("/v1/suppliers", json={"code": code, "name": code})).json()["id"]
            for code in ("S1", "S2")
        ]
        made = [
            (await client.post(f"/v1/suppliers/{supplier}/contacts", json={**PERSON, **fields})).json()
            for supplier, fields in (
                (one, {"language": "zh-TW"}),
                (other, {"name": "Wu", "email": "wu@jade.example", "role": "quality"}),
                (other, {"name": "Gone"}),
            )
        ]
        await client.delete(f"/v1/suppliers/{other}/contacts/{made[2]['id']}")
        both = await client.post("/v1/contacts/lookup", json={"supplier_ids": [other, one, NOBODY]})
        some = await client.post("/v1/contacts/lookup", json={"supplier_ids": [one, other], "roles": ["quality"]})
    first = {"supplier_id": one, "contact_id": made[0]["id"], "language": "zh-TW", **PERSON}
    assert both.json()["items"][0] == first
    assert [contact["name"] for contact in both.json()["items"]] == ["Lin Mei", "Wu"]
    assert [contact["name"] for contact in some.json()["items"]] == ["Wu"]
    assert both.headers["cache-control"] == "no-store"


async def test_a_supplier_does_not_look_up_contacts(stage: Stage) -> None:
    async with stage.machine("registry", "registry:read", supplier_id=NOBODY) as bound:
        assert (await bound.post("/v1/contacts/lookup", json={"supplier_ids": [NOBODY]})).status_code == 404
    async with stage.machine("registry", "audit:read") as other:
        assert (await other.post("/v1/contacts/lookup", json={"supplier_ids": [NOBODY]})).status_code == 403


async def test_a_client_is_read_where_its_location_says_and_without_its_secret(stage: Stage) -> None:
    async with stage.machine("registry") as admin:
        answer = await admin.post("/v1/clients", json={"name": "ERP", "scopes": ["scoring:read"]})
        read = await admin.get(answer.headers["location"])
        unknown = await admin.get(f"/v1/clients/{NOBODY}")
    async with stage.machine("registry", "registry:read") as reader:
        forbidden = await reader.get(answer.headers["location"])
    shown = {name: value for name, value in answer.json().items() if name != "client_secret"}
    assert (answer.status_code, read.status_code, read.json(), read.headers["etag"]) == (201, 200, shown, '"1"')
    assert (unknown.status_code, forbidden.status_code) == (404, 403)
