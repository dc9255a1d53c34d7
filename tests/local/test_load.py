"""A folder of CSV files is loaded through the REST API, in the order in which one needs the other."""

from io import StringIO
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from bellwether.api import Api, Credentials
from local.environment import Addresses
from local.errors import LocalError
from local.load import files_in, is_fresh, latest_quarter, load_folder
from local.progress import Progress

ADDRESSES = Addresses("127.0.0.1", 8000)
CREDENTIALS = Credentials(f"{ADDRESSES.url('registry')}/oauth2/token", "id", "secret")


class FourServices:
    """Answers as the services do, and remembers what it was asked."""

    def __init__(self, *, status: str = "succeeded", failed: int = 0, away: int = 0) -> None:
        self.status, self.failed, self.away = status, failed, away
        self.imported: list[str] = []
        self.keys: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/oauth2/token":
            return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer", "expires_in": 300})
        if request.headers["Authorization"] != "Bearer t":
            return httpx.Response(401)
        if request.method == "POST":
            self.keys.append(request.headers["Idempotency-Key"])
            if self.away:
                self.away -= 1
                return httpx.Response(503)
            self.imported.append(f"{request.url.port} {path.removeprefix('/v1/imports/')}")
            return httpx.Response(202, headers={"Location": "/v1/imports/1"}, json={})
        if path == "/v1/freshness":
            return httpx.Response(200, json={"dirty": 0, "sources": [{"cursor": 3, "head": 3}]})
        if path.endswith("/errors"):
            return httpx.Response(
                200, json={"items": [{"line": 3, "column": "country", "message": "no such code"}], "next_cursor": None}
            )
        run = {"id": "1", "status": self.status, "total": 2, "succeeded": 2 - self.failed, "failed": self.failed}
        return httpx.Response(200, json={**run, "error": None})


def load(services: FourServices, folder: Path) -> str:
    output = StringIO()
    api = Api(ADDRESSES, CREDENTIALS, httpx.MockTransport(services))
    load_folder(api, folder, Progress(Console(file=output, width=200)))
    return output.getvalue()


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text("quarter\n2026Q3\n", encoding="utf-8")


def test_files_are_imported_by_their_services_country_risks_first(tmp_path: Path) -> None:
    write(tmp_path, "sourcing.csv", "findings.csv", "suppliers.csv", "country_risk.csv", "attendances.csv")
    services = FourServices()
    load(services, tmp_path)
    assert services.imported == [
        "8004 country-risks",
        "8001 suppliers",
        "8002 findings",
        "8003 attendances",
        "8004 sourcing",
    ]


def test_refused_lines_are_shown_and_the_rest_is_kept(tmp_path: Path) -> None:
    write(tmp_path, "suppliers.csv")
    shown = load(FourServices(status="partially_succeeded", failed=1), tmp_path)
    assert "1 of 2 lines" in shown
    assert "line 3, country: no such code" in shown


def test_a_failed_import_ends_the_demo(tmp_path: Path) -> None:
    write(tmp_path, "suppliers.csv")
    with pytest.raises(LocalError, match=r"suppliers\.csv failed"):
        load(FourServices(status="failed", failed=2), tmp_path)


def test_a_service_that_is_being_healed_is_asked_again_with_the_same_key(tmp_path: Path) -> None:
    write(tmp_path, "suppliers.csv")
    services = FourServices(away=1)
    load(services, tmp_path)
    assert services.imported == ["8001 suppliers"]
    assert len(services.keys) == 2
    assert len(set(services.keys)) == 1


def test_a_file_of_another_name_is_left_out_and_said(tmp_path: Path) -> None:
    write(tmp_path, "suppliers.csv", "extra.csv")
    assert "extra.csv is not one of the files" in load(FourServices(), tmp_path)


def test_a_folder_without_any_known_file_is_an_error_that_names_them(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"none of the files.*suppliers\.csv"):
        files_in(tmp_path)
    with pytest.raises(LocalError, match="not a folder"):
        files_in(tmp_path / "none")


def test_the_quarter_to_review_is_the_latest_that_has_orders_or_else_performance(tmp_path: Path) -> None:
    assert latest_quarter(tmp_path) is None
    (tmp_path / "performance.csv").write_text("supplier_code,quarter\nA,2026Q3\nB,2026Q4\n", encoding="utf-8")
    assert latest_quarter(tmp_path) == "2026Q4"
    (tmp_path / "sourcing.csv").write_text("\ufeffquarter,commodity\n2026Q2,x\n2026Q3,x\n", encoding="utf-8")
    assert latest_quarter(tmp_path) == "2026Q3"


def test_scoring_is_not_fresh_while_a_source_is_away() -> None:
    assert is_fresh({"dirty": 0, "sources": [{"cursor": 3, "head": None}]}) is False


@pytest.mark.parametrize(("dirty", "cursor", "fresh"), [(0, 5, True), (1, 5, False), (0, 4, False)])
def test_scoring_is_fresh_when_it_has_read_everything_and_scored_it(dirty: int, cursor: int, fresh: bool) -> None:
    assert is_fresh({"dirty": dirty, "sources": [{"cursor": cursor, "head": 5}]}) is fresh
