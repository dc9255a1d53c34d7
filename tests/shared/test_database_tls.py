"""PostgreSQL with TLS: by the address alone every process checks whose certificate it is before it says a password."""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import trustme
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from local.servers.embedded import Servers
from migrations.bootstrap import bootstrap
from shared.db import connect
from tests.shared.tls_front import TlsFront
from tests.stage import PASSWORDS, url_of_role


@dataclass(frozen=True, slots=True)
class Managed:
    """A server as somebody else runs it: only with TLS, its certificate from an authority of its own."""

    front: TlsFront
    admin_url: str
    authority: Path
    stranger: Path

    def told(self, role: str, mode: str, authority: Path | None = None) -> str:
        """The setting with which a process of that role is told to speak TLS."""
        rest = f"?sslmode={mode}" + (f"&sslrootcert={quote(str(authority))}" if authority else "")
        return (url_of_role(self.admin_url, role) if role != "postgres" else self.admin_url) + rest


@pytest.fixture(scope="module")
def managed(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Managed]:
    folder = tmp_path_factory.mktemp("managed")
    authorities = {"authority": trustme.CA(), "stranger": trustme.CA()}
    for name, each in authorities.items():
        each.cert_pem.write_to_path(folder / f"{name}.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authorities["authority"].issue_cert("localhost").configure_cert(tls)
    behind = urlsplit(servers.admin_url)
    front = TlsFront(tls, str(behind.hostname), int(behind.port or 0))
    with front.serving():
        url = servers.admin_url.replace(f"@{behind.hostname}:{behind.port}", f"@localhost:{front.port}")
        yield Managed(front, url, folder / "authority.pem", folder / "stranger.pem")


async def whoami(url: str) -> str:
    database = connect(url, "audit", pool_size=1)
    try:
        async with database.snapshot() as session:
            return str((await session.execute(text("SELECT current_user::text"))).scalar_one())
    finally:
        await database.close()


async def test_a_service_checks_authority_and_name_and_speaks_tls(managed: Managed) -> None:
    before = managed.front.encrypted
    assert await whoami(managed.told("audit", "verify-full", managed.authority)) == "audit"
    assert managed.front.encrypted == before + 1


async def test_a_server_that_wants_tls_refuses_whoever_is_told_to_speak_without(managed: Managed) -> None:
    with pytest.raises(DBAPIError, match="no encryption"):
        await whoami(managed.told("audit", "disable"))


async def test_a_certificate_of_another_authority_is_refused(managed: Managed) -> None:
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        await whoami(managed.told("audit", "verify-full", managed.stranger))


async def test_a_certificate_for_another_name_is_refused(managed: Managed) -> None:
    url = managed.told("audit", "verify-full", managed.authority).replace("@localhost", "@127.0.0.1")
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        await whoami(url)


def test_bootstrap_and_migrations_run_over_it(managed: Managed) -> None:
    before = managed.front.encrypted
    asyncio.run(bootstrap(managed.told("postgres", "verify-full", managed.authority), PASSWORDS))
    assert migrated(managed, managed.authority).returncode == 0
    assert managed.front.encrypted > before
    refused = migrated(managed, managed.stranger)
    assert refused.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in refused.stderr


def migrated(managed: Managed, authority: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bellwether", "migrate", "audit"]
    environment = {"MIGRATION_DATABASE_URL": managed.told("migrator", "verify-full", authority)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
