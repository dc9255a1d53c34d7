"""What a programme holds in JSON is created one by one, in the order in which one needs the other."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from bellwether.api import Api, Credentials
from bellwether.errors import OperationFailed
from local.environment import Addresses
from local.errors import LocalError
from local.load import load_folder
from local.programme import CERTIFICATES, COURSES, EVENTS, create_records
from local.progress import Progress

ADDRESSES = Addresses("127.0.0.1", 8000)
CREDENTIALS = Credentials(f"{ADDRESSES.url('registry')}/oauth2/token", "id", "secret")
EVENT = {"event_ref": "E1", "kind": "forum", "title": "F", "starts_at": "2026-03-12T06:00:00Z"}
FILES: dict[str, Any] = {
    "certificates.json": [
        {
            "supplier_code": "S1",
            "standard": "ISO 14001",
            "certificate_no": "1",
            "issuer": "I",
            "valid_from": "2026-01-01",
            "valid_until": "2028-12-31",
        }
    ],
    "campaigns.json": [{"year": 2026, "title": "Survey", "due_on": "2026-06-30", "suppliers": ["S1"]}],
    "opening_balance.json": {"as_of": "2025-12-31", "person_times": 4037, "session_hours": 669, "note": "before"},
    "events.json": [{**EVENT, "findings_treated": ["F1"]}],
    "courses.json": [
        {
            "course_ref": "C1",
            "title": "T",
            "topic": "ISO 14001",
            "language": "zh-TW",
            "link": "https://example.org/c1",
            "views": [{"supplier_code": "S1", "viewed_on": "2026-02-01", "views": 3}],
            "completions": [{"supplier_code": "S1", "person_ref": "p-1", "completed_on": "2026-02-02"}],
        }
    ],
}


class FourServices:
    """Answers as the services do, and remembers what was posted."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any]] = []
        self.keys: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/oauth2/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 300})
        if request.method == "POST" and path.startswith("/v1/imports/"):
            self.posted.append((path.removeprefix("/v1/"), None))
            return httpx.Response(202, headers={"Location": "/v1/imports/1"}, json={})
        if request.method == "POST":
            self.posted.append((path.removeprefix("/v1/"), json.loads(request.content)))
            self.keys.append(request.headers["Idempotency-Key"])
            return httpx.Response(201, json={"id": "c-1"})
        if path == "/v1/suppliers":
            return httpx.Response(200, json={"items": [{"code": "S1", "id": "s-1"}], "next_cursor": None})
        return httpx.Response(200, json={"id": "1", "status": "succeeded", "total": 1, "succeeded": 1, "failed": 0})


def load(services: Callable[[httpx.Request], httpx.Response], folder: Path) -> str:
    output = StringIO()
    api = Api(ADDRESSES, CREDENTIALS, httpx.MockTransport(services))
    load_folder(api, folder, Progress(Console(file=output, width=200)))
    return output.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    for name in ("suppliers.csv", "surveys.csv", "attendances.csv"):
        (tmp_path / name).write_text("code\nS1\n", encoding="utf-8")
    return tmp_path


def test_campaigns_come_before_the_answers_and_events_before_attendances(folder: Path) -> None:
    services = FourServices()
    load(services, folder)
    assert [path for path, _ in services.posted] == [
        "imports/suppliers",
        "suppliers/s-1/certificates",
        "surveys",
        "imports/surveys",
        "opening-balances",
        "events",
        "imports/attendances",
        "courses",
        "courses/c-1/views",
        "courses/c-1/completions",
    ]


def test_every_record_is_created_under_a_key_of_its_own(folder: Path) -> None:
    services = FourServices()
    load(services, folder)
    assert len(set(services.keys)) == len(services.keys) == 7


def test_what_the_api_does_not_take_is_a_note_and_stays_behind(folder: Path) -> None:
    services = FourServices()
    load(services, folder)
    assert dict(services.posted)["events"] == EVENT


def test_each_file_has_its_line_of_progress(folder: Path) -> None:
    shown = load(FourServices(), folder)
    for line in ("Certificates 1", "Survey campaigns 1", "Opening balance 4,037 person-times", "Courses 1, viewed 3"):
        assert line in shown


def test_a_file_that_is_no_json_is_an_error_that_names_it(folder: Path) -> None:
    (folder / "events.json").write_text("[{", encoding="utf-8")
    with pytest.raises(LocalError, match=r"events\.json is not JSON"):
        load(FourServices(), folder)


def test_a_record_without_a_field_is_an_error_that_names_file_and_field(tmp_path: Path) -> None:
    (tmp_path / "courses.json").write_text('[{"course_ref": "C1"}]', encoding="utf-8")
    api = Api(ADDRESSES, CREDENTIALS, httpx.MockTransport(FourServices()))
    with pytest.raises(LocalError, match=r"courses\.json .*title"):
        create_records(api, COURSES, tmp_path / COURSES.file)


def test_a_certificate_of_an_unknown_supplier_is_an_error_that_names_it(tmp_path: Path) -> None:
    unknown = [{**FILES["certificates.json"][0], "supplier_code": "S9"}]
    (tmp_path / "certificates.json").write_text(json.dumps(unknown), encoding="utf-8")
    api = Api(ADDRESSES, CREDENTIALS, httpx.MockTransport(FourServices()))
    with pytest.raises(LocalError, match="S9"):
        create_records(api, CERTIFICATES, tmp_path / CERTIFICATES.file)


def test_what_a_service_refuses_ends_the_demo_with_its_words(folder: Path) -> None:
    def refusing(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/events":
            return httpx.Response(422, json={"detail": "It ends before it begins."})
        return FourServices()(request)

    with pytest.raises(OperationFailed, match="ends before it begins"):
        load(refusing, folder)
    assert EVENTS.file in FILES
