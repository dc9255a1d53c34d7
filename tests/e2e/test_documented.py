"""All that the documentation tells its readers to type works, and what it refers to is there."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from local import run
from local.openapi import path_of
from local.progress import Progress
from local.supervisor import PROJECT
from migrations.histories import SERVICES
from tests.e2e.conftest import House
from tests.e2e.documented.desk import TOOLS, Desk
from tests.e2e.documented.pages import PAGES, REASONS, anchors_of, blocks_of, is_same_route, links_of, routes_of

WITH_COMMANDS = [page for page in PAGES if any(block.why_not_run is None for block in blocks_of(page))]
EXAMPLES, INTEGRATION = PROJECT / "examples" / "README.md", PROJECT / "docs" / "integration.md"
Typed = Callable[[Path], "subprocess.CompletedProcess[str]"]


pytestmark = pytest.mark.timeout(300)


def named(page: Path) -> str:
    return str(page.relative_to(PROJECT))


@pytest.fixture(scope="module")
def desk(house: House, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"readers' commands need {', '.join(missing)}, which this machine has not")
    return Desk(house, tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def typed(desk: Desk) -> Typed:
    """What came of typing a page's commands, which happens once."""
    done: dict[Path, subprocess.CompletedProcess[str]] = {}

    def type_it(page: Path) -> subprocess.CompletedProcess[str]:
        if page not in done:
            done[page] = desk.run_page([block for block in blocks_of(page) if block.why_not_run is None])
        return done[page]

    return type_it


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=named)
def test_every_command_of_a_page_succeeds(page: Path, typed: Typed) -> None:
    done = typed(page)
    assert done.returncode == 0, f"{named(page)}: {done.stderr}\n{done.stdout[-3000:]}"


def test_the_examples_have_done_what_they_say_and_nothing_twice(typed: Typed, desk: Desk) -> None:
    assert typed(EXAMPLES).returncode == 0
    api = desk.house.api
    suppliers = [each["code"] for each in api.items("registry", "/v1/suppliers") if each["code"].startswith("EX-")]
    (audit,) = api.items("audit", "/v1/audits", audit_ref="VAP-2026-0714")
    findings = list(api.items("audit", f"/v1/audits/{audit['id']}/findings"))
    (survey,) = api.items("audit", "/v1/surveys")
    assert sorted(suppliers) == ["EX-001", "EX-002", "EX-003", "EX-004", "EX-005"]
    assert sorted(finding["provision"] for finding in findings) == ["A3", "B4", "C3"]
    assert survey["submitted"] == 1
    (issue,) = api.items("engagement", "/v1/newsletters")
    deadline = time.monotonic() + 20
    while api.get("engagement", f"/v1/newsletters/{issue['id']}")["status"] != "sent":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    (mail,) = desk.house.mails.taken
    assert (mail[0], str(mail[1]["Subject"])) == ("mei.lin@qingshi.example", "本週永續採購快訊")


def test_the_erp_has_what_was_approved_by_python_and_by_curl(typed: Typed, desk: Desk) -> None:
    assert (typed(INTEGRATION).returncode, typed(EXAMPLES).returncode) == (0, 0)
    for command in (
        (sys.executable, "examples/pull_allocations.py", "--once"),
        ("sh", "examples/pull_allocations.sh", "inbox"),
        ("sh", "examples/pull_allocations.sh", "inbox"),
    ):
        assert desk.run(*command, SAP_SYSTEM="SAP-P10").returncode == 0
    decided = list(desk.house.api.items("scoring", "/v1/allocations", status="approved"))
    pages = [json.loads(page.read_text("utf-8")) for page in (desk.folder / "inbox").glob("*.json")]
    with closing(sqlite3.connect(desk.folder / "erp.sqlite3")) as erp:
        held = erp.execute("SELECT id FROM allocation").fetchall()
    assert [each["id"] for each in decided] == [key for (key,) in held]
    assert [each["id"] for each in decided] == [item["id"] for page in pages for item in page["items"]]


def test_serving_with_data_loads_nothing_on_top_of_what_is_there(typed: Typed, desk: Desk) -> None:
    assert typed(INTEGRATION).returncode == 0
    said = StringIO()
    run._load_once(desk.house.stack, run.SAMPLE, Progress(Console(file=said, width=200)))
    assert "There are suppliers already" in said.getvalue()
    assert not list(desk.house.api.items("registry", "/v1/suppliers", code="SP-101"))


def test_an_example_that_may_not_do_something_says_so_and_changes_nothing(desk: Desk) -> None:
    made = desk.house.api.post("registry", "/v1/clients", {"name": "reader", "scopes": ["registry:read"]}).json()
    weak = desk.folder / "weak.json"
    weak.write_text(json.dumps(made), "utf-8")
    for command in ((sys.executable, "examples/onboard_suppliers.py"), ("sh", "examples/onboard_suppliers.sh")):
        done = desk.run(*command, "examples/data/suppliers-corrected.csv", CLIENT_FILE=str(weak))
        assert done.returncode != 0
        assert "registry:write" in done.stderr, done.stderr


def test_an_example_without_credentials_says_where_they_would_be(desk: Desk) -> None:
    for command in (
        (sys.executable, "examples/pull_allocations.py", "--once"),
        ("sh", "examples/pull_allocations.sh", "x"),
    ):
        done = desk.run(*command, CLIENT_FILE="nowhere.json")
        assert done.returncode != 0
        assert "There is no nowhere.json here" in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["onboard_suppliers", "push_audits", "answer_survey", "weekly_enews"])
def test_an_example_without_its_file_says_how_it_is_used(name: str, desk: Desk) -> None:
    python, shell = desk.run(sys.executable, f"examples/{name}.py"), desk.run("sh", f"examples/{name}.sh")
    assert python.returncode == 1
    assert f"python examples/{name}.py examples/data/" in python.stderr
    assert shell.returncode != 0
    assert "is missing: see the top of" in shell.stderr


@pytest.mark.parametrize("script", sorted((PROJECT / "examples").glob("*.py")), ids=lambda script: script.name)
def test_an_example_imports_nothing_of_the_project(script: Path) -> None:
    imported = set(re.findall(r"^(?:from|import) (\w+)", script.read_text("utf-8"), re.MULTILINE))
    assert imported - sys.stdlib_module_names <= {"httpx", "standardwebhooks", "connection"}


def test_the_async_client_takes_less_than_forty_lines() -> None:
    assert len((PROJECT / "examples" / "async_client.py").read_text("utf-8").splitlines()) < 40


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
