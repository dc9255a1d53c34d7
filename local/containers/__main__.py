"""`make docker-test`: the stack in containers, from nothing, under load, killed part by part, down and up again."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from rich.console import Console

from bellwether.api import Api, Credentials
from bellwether.errors import OperationFailed
from local.container_secrets import write_secrets
from local.containers import confinement
from local.containers.compose import Compose, kill, run, with_secrets_in
from local.containers.issuer import Issuer
from local.containers.load import Load, missing
from local.containers.replicas import try_replicas
from local.containers.results import Results, differences, read_results
from local.containers.rotation import Rotation
from local.environment import SCOPES_OF_ROLES, SERVICES, Addresses
from local.errors import LocalError
from local.load import load_folder, wait_until_fresh
from local.progress import Progress
from local.review import review_quarter
from local.run import SAMPLE
from local.servers.embedded import claimed
from local.stack import running_stack

CONTAINERS = Addresses("127.0.0.1", 18000)
ONE_MACHINE = Addresses("127.0.0.1", 18100)
SCALED = 3


def main() -> int:
    """Try it all; 0 only if nothing was found wrong."""
    console = Console()
    progress = Progress(console)
    try:
        with tempfile.TemporaryDirectory() as folder:
            wrong = _try_all(Path(folder), progress, console)
    except OperationFailed as error:
        sys.stderr.write(f"\nError: {error}\n")
        return 1
    for each in wrong:
        console.print(f"[red]Wrong:[/red] {each}", highlight=False)
    console.print("\nNothing was found wrong." if not wrong else f"\n{len(wrong)} things are wrong.")
    return 1 if wrong else 0


def _try_all(folder: Path, progress: Progress, console: Console) -> list[str]:
    with progress.step("The one-machine run, to compare with"):
        expected = _on_one_machine(folder / "one-machine")
    secrets = folder / "secrets"
    write_secrets(secrets)
    issuer = Issuer(folder)
    override = with_secrets_in(secrets)
    issuer.add_to(override, list(SERVICES))
    (folder / "override.json").write_text(json.dumps(override), encoding="utf-8")
    compose = Compose.for_trial(CONTAINERS, folder / "override.json", issuer.url, SCOPES_OF_ROLES)
    compose("down", "--volumes", "--remove-orphans")
    wrong: list[str] = []
    with ExitStack() as end:
        end.enter_context(issuer.serving())
        end.callback(compose, "down", "--volumes")
        with progress.step("Built, and everything healthy from nothing"):
            compose.up("--build")
        first = _first_client(compose)
        client, *people = (end.enter_context(closing(Api(CONTAINERS, who))) for who in (first, *issuer.credentials))
        found = _run_programme(client, people, progress)
        wrong += [f"not as on one machine: {each}" for each in differences(found, expected)]
        progress.say(f"Compared with the one-machine run: {_counts(found)}.")
        wrong += confinement.show(console, compose.containers())
        with progress.step(f"{SCALED} scoring workers"):
            compose.up("--scale", f"scoring-worker={SCALED}")
        wrong += _kill_each(compose, client, progress)
        compose.up("--scale", "scoring-worker=1")
        wrong += try_replicas(compose, CONTAINERS, first, _some_suppliers(client), progress)
        wrong += _rotate_each(compose, secrets, client, progress)
        wrong += _down_and_up(compose, client, progress)
    progress.say(f"The image: {_image()}.")
    return wrong


def _on_one_machine(state: Path) -> Results:
    state.mkdir()
    quiet = Progress(Console(quiet=True))
    with (
        claimed(state),
        running_stack(state, ONE_MACHINE, quiet, keep_data=False, on_failure=_fail) as stack,
        _calling(ONE_MACHINE, [stack.create_client("docker-test"), *stack.people]) as (client, *people),
    ):
        return _run_programme(client, people, quiet)


@contextmanager
def _calling(addresses: Addresses, credentials: list[Credentials]) -> Iterator[list[Api]]:
    with ExitStack() as end:
        yield [end.enter_context(closing(Api(addresses, each))) for each in credentials]


def _fail(failure: str) -> None:
    raise LocalError(failure)


def _first_client(compose: Compose) -> Credentials:
    command = ("clients", "create", "--first", "--name", "docker-test", "--scopes", "admin")
    made = json.loads(compose("exec", "--no-TTY", "registry", "bellwether", *command))
    return Credentials(f"{CONTAINERS.url('registry')}/oauth2/token", made["client_id"], made["client_secret"])


def _run_programme(client: Api, people: list[Api], progress: Progress) -> Results:
    load_folder(client, SAMPLE, progress)
    wait_until_fresh(client)
    manager, second_person = people
    outcome = review_quarter(manager, second_person, SAMPLE, progress)
    return read_results(client, outcome)


def _kill_each(compose: Compose, client: Api, progress: Progress) -> list[str]:
    """Kill every container in turn while findings are posted; then each finding counts and every score is right."""
    with Load(client, _some_suppliers(client)) as load:
        for container in compose.containers():
            with progress.step(f"{container.service} dies") as notes:
                how = kill(container)
                notes.append(f"{how}, all healthy again after {compose.wait_until_well():.0f} s")
    return _look_for(load, client, progress)


def _rotate_each(compose: Compose, secrets: Path, client: Api, progress: Progress) -> list[str]:
    """Change every secret while findings are posted; clients repeat what a starting process could not answer."""
    with Load(client, _some_suppliers(client)) as load:
        wrong = Rotation(compose, secrets).try_each(progress)
    return wrong + _look_for(load, client, progress)


def _some_suppliers(client: Api) -> list[str]:
    return [supplier["id"] for supplier in client.items("registry", "/v1/suppliers", limit=200)][:20]


def _look_for(load: Load, client: Api, progress: Progress) -> list[str]:
    with progress.step("Every score computed"):
        wait_until_fresh(client)
    lost = missing(client, load)
    checked, drifted = _verify(client)
    progress.say(
        f"{len(load.posted)} findings were answered, {len(lost)} are lost; {checked} scores checked, {drifted} drifted."
    )
    wrong = [f"lost: finding {each}" for each in lost] + [f"refused: {each}" for each in load.failed]
    return wrong + ([f"{drifted} scores drifted"] if drifted else [])


def _down_and_up(compose: Compose, client: Api, progress: Progress) -> list[str]:
    before = {score["supplier_code"]: score["score"] for score in client.items("scoring", "/v1/scores", limit=200)}
    with progress.step("Down and up again"):
        compose("down")
        compose.up()
    wait_until_fresh(client)
    after = {score["supplier_code"]: score["score"] for score in client.items("scoring", "/v1/scores", limit=200)}
    return [] if before == after else ["after down and up the scores are others"]


def _verify(client: Api) -> tuple[int, int]:
    asked = client.post("scoring", "/v1/verifications", {})
    done = client.finished("scoring", asked, frozenset({"queued", "running"}), 300)
    return int(done["checked"]), int(done["drifted"])


def _image() -> str:
    size = int(run("docker", "image", "inspect", "bellwether", "--format", "{{.Size}}"))
    return f"{size / 1e6:.0f} MB"


def _counts(results: Results) -> str:
    return ", ".join(f"{len(found)} {kind}" for kind, found in results.items())


if __name__ == "__main__":
    sys.exit(main())
