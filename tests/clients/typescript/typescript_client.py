"""What openapi-typescript makes of our description: strict types hold, and by them the main job is done; needs Node."""

import asyncio
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import uvicorn
from joserfc.jwk import OKPKey

from local.door import Door, create_app
from local.openapi import MERGED
from local.people import PeopleIssuer
from migrations.histories import SERVICES
from tests.stage import Stage

TOOLS = ("openapi-typescript@7.13.0", "typescript@5.9.3", "@types/node@20.19.25")
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The types, and the main job compiled by them."""
    if shutil.which("npx") is None:
        pytest.fail("Node is missing; this runs in make openapi-lint")
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copy(HERE / "main_job.ts", folder)

    def run(*command: str) -> None:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr

    run("npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", *TOOLS)
    run("npx", "openapi-typescript", str(MERGED), "--default-non-nullable=false", "-o", "bellwether.d.ts")
    run("npx", "tsc", "--strict", "--target", "es2022", "--module", "commonjs", "--types", "node", "main_job.ts")
    return folder


@pytest.mark.timeout(600)
async def test_the_main_job_is_done_by_generated_types(stage: Stage, compiled: Path) -> None:
    people = PeopleIssuer("http://door/people", OKPKey.generate_key("Ed25519", auto_kid=True), [])
    door = create_app(Door({name: f"http://{name}" for name in SERVICES}, stage.transport), people)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(door, log_config=None, ws="none"))
        server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        async with stage.machine("registry") as machine:
            token = machine.headers["Authorization"].removeprefix("Bearer ")
        node = await asyncio.create_subprocess_exec(
            "node", "main_job.js", address, token, cwd=compiled,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        telling = asyncio.create_task(node.communicate())
        while not telling.done():
            await stage.settle()
            await asyncio.sleep(0.05)
        told, _ = await telling
        server.should_exit = True
        await serving
    assert told.decode().strip() == "SP-207 high"
