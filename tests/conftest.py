"""What every test can ask for: real servers, the four services on them, and callers of every kind."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from local.servers.embedded import Servers, servers_for_tests
from migrations.bootstrap import bootstrap
from migrations.histories import SERVICES
from shared.logging import configure_logging
from tests.stage import PASSWORDS, Stage, migrate, url_of_role
from tests.tried import print_table

configure_logging("tests", "WARNING", "json")
# Whether a change may land must not be a matter of luck; HYPOTHESIS_EXPLORES=1 looks further.
settings.register_profile("bellwether", derandomize=not os.environ.get("HYPOTHESIS_EXPLORES"))
settings.load_profile("bellwether")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What the suites for faults and attacks tried, with its counts."""
    print_table(terminalreporter)


@pytest.fixture(scope="session")
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bellwether")


@pytest.fixture(scope="session")
def servers(state_folder: Path) -> Iterator[Servers]:
    """PostgreSQL and Valkey with empty, migrated schemas."""
    with servers_for_tests(state_folder) as running:
        asyncio.run(bootstrap(running.admin_url, PASSWORDS))
        for service in SERVICES:
            migrate(service, url_of_role(running.admin_url, "migrator"))
        yield running


@pytest.fixture(scope="session")
async def whole_stage(servers: Servers, state_folder: Path) -> AsyncIterator[Stage]:
    async with Stage.open(servers, state_folder) as stage:
        yield stage


@pytest.fixture
async def stage(whole_stage: Stage) -> AsyncIterator[Stage]:
    """The four services, in process, on real servers, with nothing in them."""
    await whole_stage.clear()
    whole_stage.untold.clear()
    yield whole_stage
    await whole_stage.quiet()
    assert whole_stage.untold == set(), "make openapi tells of what the code raises, routes of what they answer"


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """Everything that is logged from INFO on, requests among it."""
    written = StringIO()
    with redirect_stdout(written):
        configure_logging("tests", "INFO", "json")
    yield written
    configure_logging("tests", "WARNING", "json")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public data, where there is one beside the project."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data beside the project ({json.dumps(str(folder.name))} is missing)")
    return folder
