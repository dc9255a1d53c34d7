"""What a process is told at its start, and what it tells in its logs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.registry.settings import RegistrySettings
from shared.logging import hide_secrets

PROJECT = Path(__file__).resolve().parents[2]
GOOD = {
    "DATABASE_URL": "postgresql://registry:x@127.0.0.1/bellwether",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SERVICE_KEY_FILE": "registry.pem",
    "PEER_KEYS_DIR": "peers",
    "TOKEN_KEY_FILE": "tokens.pem",
}


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


def test_settings_also_come_from_secret_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATABASE_URL")
    (tmp_path / "database_url").write_text("postgresql://registry:secret@db/bellwether\n")
    assert RegistrySettings.load(tmp_path).database_url == "postgresql://registry:secret@db/bellwether"


@pytest.mark.parametrize(
    "name", ["client_secret", "password", "access_token", "Authorization", "idempotency_key", "TOKEN_KEY_FILE"]
)
def test_what_is_named_like_a_secret_is_not_logged(name: str) -> None:
    shown: Any = hide_secrets(None, "info", {"event": "x", name: "hunter2", "headers": {name: "hunter2"}})
    assert "hunter2" not in json.dumps(shown)
    assert shown["event"] == "x"


def test_a_log_line_is_one_json_object_whoever_writes_it() -> None:
    script = (
        "import logging, structlog\n"
        "from shared.logging import configure_logging\n"
        "configure_logging('registry', 'INFO', 'json')\n"
        "structlog.get_logger().info('ours', token='hunter2', n=1)\n"
        "logging.getLogger('elsewhere').warning('a\\nb')\n"
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    structlog.get_logger().exception('broken')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    ours, theirs, broken = [json.loads(line) for line in done.stdout.splitlines()]
    assert (ours["event"], ours["token"], ours["service"], ours["level"]) == ("ours", "***", "registry", "info")
    assert (theirs["event"], theirs["level"]) == ("a\nb", "warning")
    assert "ZeroDivisionError" in broken["exception"]
