"""A port that is needed is checked before anything starts."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.environment import Addresses
from local.errors import LocalError
from local.ports import LOOPBACK, free_port, require_free
from local.supervisor import PROJECT


def test_a_taken_port_is_named_with_its_service_and_what_to_set() -> None:
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(LocalError, match=rf"port {port} \(audit\).*PORT_BASE=9000"):
            require_free(LOOPBACK, {"registry": free_port([port]), "audit": port})


def test_free_ports_are_accepted() -> None:
    require_free(LOOPBACK, {"registry": free_port()})


def test_an_address_of_another_machine_is_an_error() -> None:
    with pytest.raises(LocalError, match=r"Cannot listen on 192\.0\.2\.1"):
        require_free("192.0.2.1", {"registry": free_port()})


@pytest.mark.parametrize("given", ["none", "0", "65532", "-1"])
def test_a_port_base_that_leaves_no_room_is_an_error(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT_BASE", given)
    with pytest.raises(LocalError, match="PORT_BASE"):
        Addresses.from_environment()


def test_a_demo_on_a_taken_port_ends_at_once_with_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "suppliers.csv").write_text("code,name\n", encoding="utf-8")
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "local", "demo", "--data", str(tmp_path)],
            cwd=PROJECT,
            env={**os.environ, "PORT_BASE": str(min(port, 65000) if port <= 65000 else port - 4)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr
