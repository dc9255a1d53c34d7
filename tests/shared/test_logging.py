"""What a process tells in its logs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.logging import hide_secrets
from tests.stage import Stage

PROJECT = Path(__file__).resolve().parents[2]


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


async def test_an_error_of_the_database_does_not_tell_what_was_to_be_stored(stage: Stage) -> None:
    async with stage.resources("registry").database.sessions() as session:
        with pytest.raises(DBAPIError) as error:
            await session.execute(text("SELECT 1 / 0, CAST(:email AS text)"), {"email": "lin@jade.example"})
    assert "lin@jade.example" not in str(error.value)
