"""What openapi-python-client makes of our description: it compiles, its types hold, and it does the main job."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import OKPKey

from local.door import Door, create_app
from local.openapi import MERGED
from local.people import PeopleIssuer
from local.supervisor import PROJECT
from migrations.histories import SERVICES
from tests.stage import Stage

CONFIG = PROJECT / "docs" / "openapi-python-client.yaml"
PACKAGE = "bellwether_client"
TYPES = """\
[mypy]
strict = true
# Lines that the generator writes into every client, whatever the description says.
[mypy-bellwether_client.client]
ignore_errors = true
[mypy-bellwether_client.types]
ignore_errors = true
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the client is generated, without a word of complaint."""
    made = tmp_path_factory.mktemp("client")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    files = ["--path", str(MERGED), "--config", str(CONFIG), "--output-path", str(made / PACKAGE)]
    tools = {"PATH": str(Path(sys.executable).parent)}
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False, env=tools)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout, done.stdout
    return made


@pytest.fixture
def client_of(folder: Path) -> Iterator[Any]:
    """The generated package, importable for the time of a test."""
    sys.path.insert(0, str(folder))
    yield importlib.import_module
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_the_types_of_the_generated_client_hold(folder: Path) -> None:
    (folder / "mypy.ini").write_text(TYPES, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--cache-dir", "types", "-p", PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout


def through_the_door(stage: Stage) -> httpx.ASGITransport:
    people = PeopleIssuer("http://door/people", OKPKey.generate_key("Ed25519", auto_kid=True), [])
    door = Door({name: f"http://{name}" for name in SERVICES}, stage.transport)
    return httpx.ASGITransport(create_app(door, people))


async def test_the_generated_client_does_the_main_job(stage: Stage, client_of: Any) -> None:
    """A supplier, an audit, a finding, and the tier that it leads to, all through the door."""

    def api(name: str) -> Any:
        return client_of(f"{PACKAGE}.api.{name}")

    models = client_of(f"{PACKAGE}.models")
    made = client_of(PACKAGE)
    async with stage.machine("registry") as machine:
        token = machine.headers["Authorization"].removeprefix("Bearer ")
    transport = {"transport": through_the_door(stage)}
    async with made.AuthenticatedClient("http://door", token=token, httpx_args=transport) as client:
        new = models.NewSupplier(name="Jade Creek Circuits Co., Ltd.", code="SP-207", country="TW")
        supplier = await api("suppliers.create_supplier").asyncio(client=client, body=new)
        assert isinstance(supplier, models.SupplierView)
        again = await api("suppliers.create_supplier").asyncio(client=client, body=new)
        assert isinstance(again, models.Problem)
        assert again.status == 409
        assert again.type_.endswith("/code-taken")

        conducted = date(2026, 3, 2)
        audit = await api("audits.record_audit").asyncio(
            client=client,
            body=models.NewAudit(
                supplier_id=supplier.id, kind=models.AuditKind.VAP, standard="RBA VAP 8.0", conducted_on=conducted
            ),
        )
        assert isinstance(audit, models.AuditView)
        finding = await api("audits.record_audit_finding").asyncio(
            audit.id,
            client=client,
            body=models.NewFindingOfAudit(
                provision="A3", code_version="8.0", severity=models.Severity.PRIORITY, discovered_on=conducted
            ),
        )
        assert isinstance(finding, models.FindingDetail)
        assert finding.status is models.FindingStatus.OPEN

        await stage.settle()
        score = await api("scores.get_score").asyncio(supplier.id, client=client)
        assert isinstance(score, models.ScoreView)
        assert score.risk_tier is models.RiskTier.HIGH
        assert score.supplier_code == "SP-207"
        listed = await api("scores.list_scores").asyncio(client=client, risk_tier=models.RiskTier.HIGH)
        assert [each.supplier_id for each in listed.items] == [supplier.id]
