"""Every process gets its own secrets, and no others."""

import stat
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from local.environment import ROLES, SERVICES, Addresses, Environment, Secrets


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    admin = "postgresql://postgres:root%40pw@127.0.0.1:5433/postgres?sslmode=disable"
    return Environment(
        Addresses("127.0.0.1", 9000),
        Secrets(tmp_path / "secrets"),
        admin,
        "redis://:p@127.0.0.1:1/0",
        tmp_path / "files",
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_logs_in_as_itself_and_never_sees_the_superuser(
    service: str, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", environment.admin_url)
    variables = environment.of_service(service)
    password = environment.secrets.passwords[service]
    assert variables["DATABASE_URL"] == f"postgresql://{service}:{password}@127.0.0.1:5433/bellwether?sslmode=disable"
    assert not any("root%40pw" in value for value in variables.values())


def test_services_are_told_where_the_others_are(environment: Environment) -> None:
    variables = environment.of_service("scoring")
    assert variables["PORT"] == "9004"
    assert variables["REGISTRY_URL"] == "http://127.0.0.1:9001"
    assert variables["OIDC_ISSUER"] == "http://127.0.0.1:9000/people"


def test_webhooks_may_go_to_this_machine_unless_the_operator_says_otherwise(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert environment.of_service("scoring")["WEBHOOK_ALLOWED_NETWORKS"] == "127.0.0.0/8,::1/128"
    monkeypatch.setenv("WEBHOOK_ALLOWED_NETWORKS", "")
    assert environment.of_service("scoring")["WEBHOOK_ALLOWED_NETWORKS"] == ""


def test_only_the_registry_gets_the_key_of_client_tokens(environment: Environment) -> None:
    holders = [service for service in SERVICES if "TOKEN_KEY_FILE" in environment.of_service(service)]
    assert holders == ["registry"]


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first, second = Secrets(tmp_path), Secrets(tmp_path)
    assert first.passwords == second.passwords
    assert set(first.passwords) == set(ROLES)
    for service in SERVICES:
        assert stat.S_IMODE(first.key_of(service).stat().st_mode) == 0o600
    assert stat.S_IMODE(first.passwords_file.stat().st_mode) == 0o600


def test_a_public_key_belongs_to_its_private_one_and_gives_nothing_away(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    for service in SERVICES:
        private = OKPKey.import_key(secrets.key_of(service).read_bytes())
        public = OKPKey.import_key((secrets.peer_keys / f"{service}.pem").read_bytes())
        assert public.thumbprint() == private.thumbprint()
        assert not public.is_private


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8001"),
        ("::1", "http://[::1]:8001"),
        ("127.0.0.2", "http://127.0.0.2:8001"),
    ],
)
def test_a_service_is_reached_at_an_address_one_can_connect_to(host: str, url: str) -> None:
    assert Addresses(host, 8000).url("registry") == url
