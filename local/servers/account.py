"""As whom the servers run, and where their data is: PostgreSQL refuses to run as root."""

import os
import pwd
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

DATA = "data"
NOTE = "data-folder"


@dataclass(frozen=True, slots=True)
class Account:
    """A user id and group id without privileges."""

    uid: int
    gid: int

    @property
    def owner(self) -> tuple[int, int]:
        """The pair that a program is started as."""
        return self.uid, self.gid


def server_account() -> Account | None:
    """None to run the servers as oneself; as root the account `nobody`, which every system has."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise LocalError(
            "Running as root, and there is no user `nobody` to run PostgreSQL as: run as another user."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def data_home(state: Path, account: Account | None) -> Path:
    """The folder for the servers' data: in `state`, or as root in the system's temporary folder, noted in `state`.

    The account that the servers run as cannot be expected to reach into root's folders.
    """
    home = former_data_home(state)
    if home is not None and home.stat().st_uid == (os.geteuid() if account is None else account.uid):
        return home
    if account is None:
        home = state / DATA
        home.mkdir(mode=0o700, parents=True)
        return home.resolve()
    home = Path(tempfile.mkdtemp(prefix="bellwether-")).resolve()
    give(home, account)
    state.mkdir(parents=True, exist_ok=True)
    (state / NOTE).write_text(f"{home}\n", encoding="utf-8")
    return home


def former_data_home(state: Path) -> Path | None:
    """The folder that `data_home` gave for this `state` before, if it is still there."""
    note = state / NOTE
    home = Path(note.read_text(encoding="utf-8").strip()) if note.exists() else state / DATA
    return home.resolve() if home.is_dir() and not home.is_symlink() else None


def give(path: Path, account: Account | None) -> None:
    """Make `path` the account's own, where there is one."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def write_private(path: Path, text: str, account: Account | None) -> None:
    """Write a file that only its owner, the account, can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    give(path, account)
