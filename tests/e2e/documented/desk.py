"""Where documented commands are run: a reader's desk, with the project on it, before a running stack."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from local.supervisor import PROJECT
from tests.e2e.conftest import House
from tests.e2e.documented.pages import Block

SECONDS = 240
"""How long a page may take where the machine has much else to do; it takes some five on an idle one."""
TOOLS = ("curl", "sh", "bash", "awk")
DOCUMENTED_BASE = 8000


class Desk:
    """A folder that looks like a clone after `make serve`; the addresses are those of the running stack."""

    def __init__(self, house: House, folder: Path) -> None:
        """Lay out what a reader has: the project's folders, `.run/` with credentials, and the tools."""
        self.house, self.folder = house, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.receiver_port = free.getsockname()[1]
        for name in ("examples", "local", "docs"):
            (folder / name).symlink_to(PROJECT / name)
        (folder / ".run").mkdir(mode=0o700)
        client = asdict(house.stack.create_client("reader"))
        people = [{"name": name, **asdict(one)} for name, one in zip(("Robin", "Kim"), house.stack.people, strict=True)]
        for name, content in (("client", client), ("people", people)):
            (folder / ".run" / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        # Readers see an error and stop; a script has to be told that a 4xx is one.
        shim = folder / "bin" / "curl"
        shim.parent.mkdir()
        shim.write_text(f'#!/bin/sh\nexec "{shutil.which("curl")}" --fail-with-body "$@"\n', encoding="utf-8")
        shim.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """What the examples find in theirs."""
        addresses = self.house.stack.addresses
        names = ("registry", "audit", "engagement", "scoring")
        path = [str(self.folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        urls = {f"{name.upper()}_URL": addresses.url(name) for name in names}
        given = {"PATH": os.pathsep.join(path), "PORT": str(self.receiver_port), "PORT_BASE": ""}  # as make leaves it
        return {**os.environ, **urls, **given}

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command at the desk."""
        return subprocess.run(
            command, cwd=self.folder, env={**self.environment, **environment}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, encoding="utf-8", timeout=SECONDS, check=False,
        )  # fmt: skip

    def run_page(self, blocks: Sequence[Block]) -> subprocess.CompletedProcess[str]:
        """Type all blocks of a page into one shell, one after the other; it ends at the first command that fails."""
        typed = "\n".join(f"block={block.line}\n{self.addressed(block.text)}" for block in blocks)
        ending = """trap 'code=$?; [ $code = 0 ] || echo "the block at line $block failed" >&2; exit $code' EXIT"""
        return self.run("bash", "-c", f"set -eu -o pipefail\n{ending}\n{typed}")

    def addressed(self, text: str) -> str:
        """The text with the addresses at which the stack really is."""
        base = self.house.stack.addresses.port_base - DOCUMENTED_BASE
        moved = re.sub(r"(127\.0\.0\.1:)(800[0-4])\b", lambda found: f"{found[1]}{int(found[2]) + base}", text)
        return moved.replace("127.0.0.1:9000", f"127.0.0.1:{self.receiver_port}")
