"""All that the documentation tells its readers to type works, and what it refers to is there."""

import json
import re
import shutil
from pathlib import Path

import pytest

from local.openapi import path_of
from local.supervisor import PROJECT
from migrations.histories import SERVICES
from tests.e2e.conftest import House
from tests.e2e.documented.desk import TOOLS, Desk
from tests.e2e.documented.pages import PAGES, REASONS, anchors_of, blocks_of, is_same_route, links_of, routes_of

WITH_COMMANDS = [page for page in PAGES if any(block.why_not_run is None for block in blocks_of(page))]


def named(page: Path) -> str:
    return str(page.relative_to(PROJECT))


@pytest.fixture(scope="module")
def desk(house: House, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"readers' commands need {', '.join(missing)}, which this machine has not")
    return Desk(house, tmp_path_factory.mktemp("desk"))


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=named)
def test_every_command_of_a_page_succeeds(page: Path, desk: Desk) -> None:
    done = desk.run_page([block for block in blocks_of(page) if block.why_not_run is None])
    assert done.returncode == 0, f"{named(page)}: {done.stderr}\n{done.stdout[-3000:]}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_block_that_is_not_run_says_why(page: Path) -> None:
    assert {block.why_not_run for block in blocks_of(page)} - {None} <= REASONS


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_route_that_is_named_is_served(page: Path) -> None:
    served = {
        (method.upper(), path)
        for service in SERVICES
        for path, item in json.loads(path_of(service).read_text("utf-8"))["paths"].items()
        for method in item
    }
    unknown = {
        f"{method} {route}"
        for method, route in routes_of(page)
        if not any(method == known and is_same_route(route, path) for known, path in served)
    }
    assert unknown == set()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = set()
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors_of(target)):
            broken.add(link)
    assert broken == set()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_make_target_that_is_named_is_there(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named_targets = set(re.findall(r"`make ([a-z-]+)", page.read_text("utf-8")))
    assert named_targets <= targets
