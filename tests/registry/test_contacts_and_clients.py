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
