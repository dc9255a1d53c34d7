"""Servers of a measurement's own, with all schemas: faster than durable ones, for ours and the reference alike.

Their PostgreSQL keeps pages in a quarter of the machine's memory, as its manual advises for a server of one's own. With
the 128 MB of the one-machine run, whatever is larger is a measurement of how the system's own cache is asked again.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from local.servers.embedded import Servers, servers_for_tests
from migrations.bootstrap import bootstrap
from migrations.histories import SERVICES
from shared.logging import configure_logging
from tests.stage import PASSWORDS, migrate, url_of_role


@contextlib.contextmanager
def migrated_servers() -> Iterator[tuple[Servers, Path]]:
    """Both servers, and a folder to work in; all of it goes at the end of the block."""
    configure_logging("benchmark", "WARNING", "json")
    settings = {"shared_buffers": f"{psutil.virtual_memory().total // 4 // 2**20}MB"}
    with tempfile.TemporaryDirectory() as folder, servers_for_tests(Path(folder) / "state", settings) as servers:
        asyncio.run(bootstrap(servers.admin_url, PASSWORDS))
        for service in SERVICES:
            migrate(service, url_of_role(servers.admin_url, "migrator"))
        yield servers, Path(folder)
