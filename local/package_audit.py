"""Known weaknesses of the locked packages (`make package-audit`), as pip-audit's service of them knows."""

import json
import subprocess
import sys
from typing import Any

from local.supervisor import PROJECT

LOCKS = ("requirements.txt", "requirements-local.txt", "requirements-dev.txt")
ACCEPTED: dict[str, str] = {}
"""Identifiers of weaknesses that do not concern us, each with its reason."""


def main() -> None:
    """Say what is known; exits with 1 where something is, and with 0 where nothing is or nobody could be asked."""
    known, checked, unchecked = [], 0, 0
    for lock in LOCKS:
        report = _ask(lock)
        if report is None:
            sys.stdout.write(f"{lock}: NOT CHECKED, the service of known weaknesses cannot be reached from here\n")
            continue
        for package in report["dependencies"]:
            if "skip_reason" in package:
                unchecked += 1
                continue
            checked += 1
            known += [
                f"{lock}: {package['name']} {package['version']}: {weakness['id']}"
                for weakness in package["vulns"]
                if weakness["id"] not in ACCEPTED
            ]
    sys.stdout.write("".join(f"{line}\n" for line in known))
    if unchecked:
        sys.stdout.write(f"{unchecked} packages were NOT CHECKED: the service does not answer for them from here\n")
    sys.stdout.write(f"pip-audit: {checked} packages checked, {len(known)} known weaknesses\n")
    sys.exit(1 if known else 0)


def _ask(lock: str) -> dict[str, list[dict[str, Any]]] | None:
    command = [sys.executable, "-m", "pip_audit", "--requirement", lock, "--disable-pip", "--format", "json"]
    done = subprocess.run(
        [*command, "--progress-spinner", "off"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    try:
        report: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    except ValueError:
        return None
    return report


if __name__ == "__main__":
    main()
