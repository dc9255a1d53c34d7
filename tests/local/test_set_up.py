"""The set-up on machines that are not ready for it, and on one that is set up already."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local import bootstrap
from local.supervisor import PROJECT


def stub(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose requirements files name nothing, so that setting it up needs no network."""
    (tmp_path / "local").mkdir()
    for name in ("setup.sh", "bootstrap.py"):
        shutil.copy(PROJECT / "local" / name, tmp_path / "local" / name)
    require(tmp_path, "")
    return tmp_path


def require(checkout: Path, requirements: str) -> None:
    for name in bootstrap.WIDER:
        (checkout / name).write_text(requirements, encoding="utf-8")


def set_up(checkout: Path, python: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "local/setup.sh", "requirements-local.txt"],
        cwd=checkout,
        env={**os.environ, "PYTHON": python, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_old_python_is_named_with_its_version_and_nothing_is_made(checkout: Path, tmp_path: Path) -> None:
    old = stub(tmp_path / "old", 'case "$2" in *print*) echo 3.8.18;; *) exit 1;; esac')
    done = set_up(checkout, str(old))
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "is 3.8.18" in done.stderr
    assert not (checkout / ".venv").exists()


def test_without_any_python_the_message_says_how_to_get_one(checkout: Path) -> None:
    done = set_up(checkout, "no-such-python")
    assert done.returncode == 1
    assert "apt install python3" in done.stderr


def test_only_the_first_run_and_one_after_a_change_install_and_a_package_index_out_of_reach_is_said(
    checkout: Path, tmp_path: Path
) -> None:
    placeholder = stub(tmp_path / "placeholder", "exit 127")  # as a version manager leaves it: the next is taken
    first = set_up(checkout, f"{placeholder} {sys.executable}")
    assert "Making .venv" in first.stdout
    assert "Installing" in first.stdout
    second = set_up(checkout, sys.executable)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    require(checkout, "# changed\n")
    third = set_up(checkout, sys.executable)
    assert "Making .venv" not in third.stdout
    assert "Installing" in third.stdout

    require(checkout, f"nothing==1 --hash=sha256:{'0' * 64}\n")
    fourth = set_up(checkout, sys.executable, PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_CONFIG_FILE=os.devnull)
    assert fourth.returncode == 1
    assert "pip could not reach its package index" in fourth.stderr
    assert "Traceback" not in fourth.stderr


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "by its hash"),
        ("ERROR: No matching distribution found for numpy==2.4", "no ready-made file for this system"),
        ("something else went wrong", "something else went wrong"),
    ],
)
def test_a_failed_installation_is_explained(output: str, said: str) -> None:
    assert said in bootstrap.why_not_installed(output, "requirements-local.txt")


def test_a_python_without_its_venv_module_is_told_which_package_to_install() -> None:
    output = "The virtual environment was not created successfully because ensurepip is not available."
    assert "apt install python3-venv" in bootstrap.why_no_environment(output)
