"""The secrets that the containers mount."""

import json
import stat
from pathlib import Path

from local.container_secrets import write_secrets


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_run_changes_no_secret(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    write_secrets(folder)
    first = contents(folder)
    write_secrets(folder)
    assert contents(folder) == first


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    write_secrets(tmp_path / "one")
    write_secrets(tmp_path / "two")
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one.keys() == two.keys()
    assert not set(one.values()) & set(two.values())


def test_only_the_owner_reaches_the_folder_and_other_user_ids_can_read_what_they_are_handed(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    write_secrets(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644), path


def test_a_changed_password_is_in_the_address_after_the_next_run(tmp_path: Path) -> None:
    write_secrets(tmp_path)
    passwords = tmp_path / "role-passwords.json"
    passwords.write_text(json.dumps(json.loads(passwords.read_text()) | {"audit": "another"}))
    write_secrets(tmp_path)
    assert (tmp_path / "audit-database-url").read_text() == "postgresql://audit:another@postgres/bellwether"


def test_every_file_that_compose_names_is_written(tmp_path: Path) -> None:
    write_secrets(tmp_path)
    compose = Path("docker-compose.yml").read_text(encoding="utf-8")
    named = {line.split("./secrets/")[1].rstrip("}") for line in compose.splitlines() if "file: ./secrets/" in line}
    assert named
    assert named <= contents(tmp_path).keys()
