"""The local issuer gives tokens to its two people and to nobody else."""

import base64
import json
import stat
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import OKPKey
from starlette.applications import Starlette
from starlette.routing import Mount

from local.people import PeopleIssuer, write_people
from shared.auth.keys import IssuerKeys, with_key_id
from shared.auth.tokens import OIDC_ALGORITHMS, Issuer, Verifier, person_principal
from shared.errors import Unauthenticated

ISSUER = "http://door.test/people"


@pytest.fixture
def people(tmp_path: Path) -> list[dict[str, str]]:
    return write_people(tmp_path / "people.json", f"{ISSUER}/token")


@pytest.fixture
def key() -> OKPKey:
    return with_key_id(OKPKey.generate_key("Ed25519"))


@pytest.fixture
def client(people: list[dict[str, str]], key: OKPKey) -> httpx.AsyncClient:
    app = Starlette(routes=[Mount("/people", routes=PeopleIssuer(ISSUER, key, people).routes())])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door.test")


class JsonOverHttpx:
    """What `IssuerKeys` needs of a client."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get_json(self, url: str) -> object:
        return (await self._client.get(url)).raise_for_status().json()


def verifier(client: httpx.AsyncClient) -> Verifier:
    keys = IssuerKeys(JsonOverHttpx(client), ISSUER)  # type: ignore[arg-type]
    to_principal = person_principal({"manager": ["admin"]}, "roles")
    return Verifier({ISSUER: Issuer(keys.find, "bellwether", OIDC_ALGORITHMS, to_principal)})


async def ask(client: httpx.AsyncClient, person: dict[str, str], **changes: str) -> httpx.Response:
    fields = {"grant_type": "client_credentials", "client_id": person["client_id"]}
    return await client.post("/people/token", data={**fields, "client_secret": person["client_secret"], **changes})


async def test_a_service_accepts_the_token_as_a_persons_through_discovery(
    client: httpx.AsyncClient, people: list[dict[str, str]]
) -> None:
    granted = (await ask(client, people[0])).raise_for_status().json()
    principal = await verifier(client).verify(granted["access_token"])
    assert granted["expires_in"] == 300
    assert principal.person
    assert principal.has("allocation:approve")


async def test_the_two_people_are_two(client: httpx.AsyncClient, people: list[dict[str, str]]) -> None:
    subjects = set()
    for person in people:
        token = (await ask(client, person)).json()["access_token"]
        subjects.add((await verifier(client).verify(token)).sub)
    assert len(subjects) == 2
    assert not any(person["name"] in subject for person in people for subject in subjects), "a subject is opaque"


async def test_id_and_secret_may_come_as_http_basic(client: httpx.AsyncClient, people: list[dict[str, str]]) -> None:
    login = base64.b64encode(f"{people[1]['client_id']}:{people[1]['client_secret']}".encode()).decode()
    answer = await client.post(
        "/people/token", data={"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {login}"}
    )
    assert answer.status_code == 200
    header = json.loads(base64.urlsafe_b64decode(answer.json()["access_token"].split(".")[0] + "=="))
    assert header["typ"] == "at+jwt"


@pytest.mark.parametrize("changes", [{"client_secret": "wrong"}, {"client_id": "nobody"}, {"client_secret": "ü"}])
async def test_a_wrong_id_or_secret_gets_no_token(
    changes: dict[str, str], client: httpx.AsyncClient, people: list[dict[str, str]]
) -> None:
    answer = await ask(client, people[0], **changes)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


async def test_basic_credentials_that_are_no_base64_get_no_token(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/people/token", data={"grant_type": "client_credentials"}, headers={"Authorization": "Basic %%%"}
    )
    assert answer.status_code == 401


async def test_another_grant_is_refused(client: httpx.AsyncClient, people: list[dict[str, str]]) -> None:
    answer = await ask(client, people[0], grant_type="password")
    assert answer.status_code == 400
    assert answer.json()["error"] == "unsupported_grant_type"


async def test_a_token_of_another_key_is_not_accepted(client: httpx.AsyncClient, people: list[dict[str, str]]) -> None:
    stranger = with_key_id(OKPKey.generate_key("Ed25519"))
    app = Starlette(routes=[Mount("/people", routes=PeopleIssuer(ISSUER, stranger, people).routes())])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door.test") as forger:
        token = (await ask(forger, people[0])).json()["access_token"]
    with pytest.raises(Unauthenticated):
        await verifier(client).verify(token)


def test_people_are_made_once_and_only_their_owner_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    first = write_people(path, "http://a/token")
    second = write_people(path, "http://b/token")
    assert [person["client_secret"] for person in second] == [person["client_secret"] for person in first]
    assert {person["token_url"] for person in second} == {"http://b/token"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
