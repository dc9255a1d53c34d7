"""The two commands: a demo that loads, scores, reviews and goes away, and a stack that stays up."""

import contextlib
import json
import shutil
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bellwether.api import Api, Credentials
from local.environment import Addresses
from local.interruptions import Interruptions
from local.load import files_in, load_folder, wait_until_fresh
from local.processes import end_processes_in
from local.progress import Progress
from local.report.telling import tell
from local.review import review_quarter
from local.servers.account import former_data_home, write_private
from local.servers.embedded import claimed
from local.stack import Stack, running_stack
from local.supervisor import PROJECT

STATE = PROJECT / ".run"
SAMPLE = PROJECT / "local" / "sample"


def demo(folder: Path | None, progress: Progress, interruptions: Interruptions) -> None:
    """Start everything afresh, load a programme through the REST API, print what comes of it, stop everything."""
    programme = SAMPLE if folder is None else folder
    files_in(programme)
    addresses = Addresses.from_environment()
    state = STATE / "demo"
    with claimed(state):
        _remove_former(state)
        progress.note(_announcement(programme, addresses))
        try:
            with running_stack(state, addresses, progress, keep_data=False, on_failure=interruptions.fail) as stack:
                _load_and_report(stack, programme, progress)
        finally:
            _remove_former(state, keep=("lock", "logs"))
    progress.note("\nDone; everything has been stopped.")


def _announcement(programme: Path, addresses: Addresses) -> str:
    sample = "the sample programme of invented companies (its story: local/sample/README.md)"
    first, last = min(addresses.ports.values()), max(addresses.ports.values())
    return (
        "PostgreSQL, Valkey, four services and their workers start and are loaded with\n"
        f"{sample if programme == SAMPLE else programme}\n"
        "through the REST API. Once all is scored, the quarter is reviewed, its orders\n"
        "are allocated, the results are printed, and everything is stopped.\n"
        f"Address {addresses.host}, ports {first} to {last}; logs in {STATE / 'demo' / 'logs'}\n"
    )


def serve(folder: Path | None, progress: Progress, interruptions: Interruptions) -> None:
    """Start everything on the kept state, load a folder into it if it is empty, and stay until told to stop."""
    addresses = Addresses.from_environment()
    if folder is not None:
        files_in(folder)
    with (
        claimed(STATE),
        running_stack(STATE, addresses, progress, keep_data=True, on_failure=interruptions.fail) as stack,
    ):
        _write_admin_client(stack, STATE / "client.json")
        if folder is not None:
            _load_once(stack, folder, progress)
        progress.note(
            f"\nDocumentation  {addresses.url('door')}/docs\n"
            f"Admin client   {STATE / 'client.json'}\n"
            f"Two people     {STATE / 'people.json'} (local only: in production people come from OIDC_ISSUER)\n"
            f"Logs           {STATE / 'logs'}\n\nCtrl-C stops everything; what was stored stays."
        )
        threading.Event().wait()


def _load_once(stack: Stack, folder: Path, progress: Progress) -> None:
    with contextlib.closing(Api(stack.addresses, stack.create_client("loader"))) as api:
        held = next(api.items("registry", "/v1/suppliers", limit=1), None)
    if held is None:
        _load_and_report(stack, folder, progress)
    else:
        progress.note(f"\nThere are suppliers already, {held['code']} among them: {folder} was not loaded.")


def _load_and_report(stack: Stack, folder: Path, progress: Progress) -> None:
    with contextlib.ExitStack() as apis:
        callers = [stack.create_client("demo"), *stack.people]
        client, manager, second_person = (
            apis.enter_context(contextlib.closing(Api(stack.addresses, caller))) for caller in callers
        )
        _load_and_report_as(client, manager, second_person, folder, progress)


def _load_and_report_as(client: Api, manager: Api, second_person: Api, folder: Path, progress: Progress) -> None:
    load_folder(client, folder, progress)
    with progress.step("Every score computed"):
        wait_until_fresh(client)
    outcome = review_quarter(manager, second_person, folder, progress)
    tell(client, outcome, folder, progress.console)


def _write_admin_client(stack: Stack, path: Path) -> None:
    if path.exists():
        known = Credentials(**json.loads(path.read_text(encoding="utf-8")))
        current = Credentials(f"{stack.addresses.url('registry')}/oauth2/token", known.client_id, known.client_secret)
        with contextlib.closing(Api(stack.addresses, current)) as api:
            credentials = current if api.works() else stack.create_client("local-admin")
    else:
        credentials = stack.create_client("local-admin")
    write_private(path, json.dumps(asdict(credentials), indent=2) + "\n", None)


def _remove_former(state: Path, keep: Sequence[str] = ("lock",)) -> None:
    """Remove what a demo leaves, or could not remove when it was killed."""
    home = former_data_home(state)
    if home is not None:
        end_processes_in(home)
        shutil.rmtree(home, ignore_errors=True)
    for path in state.iterdir():
        if path.name in keep:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
