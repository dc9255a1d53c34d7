"""Where settings come from."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.audit.settings import AuditSettings
from services.registry.settings import RegistrySettings

GIVEN = {
    "DATABASE_URL": "postgresql://audit:one@here/bellwether",
    "REDIS_URL": "redis://here",
    "SERVICE_KEY_FILE": "key.pem",
    "PEER_KEYS_DIR": "peers",
    "FILES_URL": "file:///files",
}


PROJECT = Path(__file__).resolve().parents[2]
GOOD = {
    "DATABASE_URL": "postgresql://registry:x@127.0.0.1/bellwether",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SERVICE_KEY_FILE": "registry.pem",
    "PEER_KEYS_DIR": "peers",
    "TOKEN_KEY_FILE": "tokens.pem",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_secret_is_read_from_a_file_named_like_its_setting(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("DATABASE_URL")
    (tmp_path / "database_url").write_text("postgresql://audit:two@there/bellwether\n")
    assert AuditSettings.load(tmp_path).database_url == "postgresql://audit:two@there/bellwether"


@pytest.mark.usefixtures("environment")
def test_the_environment_goes_before_a_file(tmp_path: Path) -> None:
    (tmp_path / "database_url").write_text("postgresql://audit:two@there/bellwether")
    assert AuditSettings.load(tmp_path).database_url == GIVEN["DATABASE_URL"]


@pytest.mark.usefixtures("environment")
def test_without_a_folder_of_secrets_the_environment_is_enough(tmp_path: Path) -> None:
    assert AuditSettings.load(tmp_path / "none").redis_url == GIVEN["REDIS_URL"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", None),
        ("DATABASE_URL", "mysql://x"),
        ("REDIS_URL", "127.0.0.1:6379"),
        ("TOKEN_KEY_FILE", None),
        ("PORT", "80000"),
        ("DATABASE_POOL_SIZE", "0"),
        ("LOG_LEVEL", "LOUD"),
        ("OIDC_SCOPES", "{not json"),
        ("OIDC_SCOPES", '{"manager": 7}'),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, value: str | None
) -> None:
    for each, good in {**GOOD, name: value}.items():
        if good is None:
            monkeypatch.delenv(each, raising=False)
        else:
            monkeypatch.setenv(each, good)
    with pytest.raises(SystemExit) as stopped:
        RegistrySettings.load(tmp_path)
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert name in told
    assert "registry:x" not in told


def test_the_process_itself_ends_with_2_and_without_a_traceback() -> None:
    environment = {"PATH": os.environ["PATH"], **GOOD, "PORT": "many"}
    done = subprocess.run(
        [sys.executable, "-m", "services.registry.main"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("registry: setting PORT: ")
    assert "Traceback" not in done.stderr
