"""What bandit finds in the code: nothing, but for a list of places that were looked at, each with its reason."""

import json
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.tried import Tried

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = ("services", "shared", "bellwether", "migrations", "local")

OWN_NAMES = "names of columns and tables are constants of this module; what comes from callers is a parameter"
NARROWS = "tells the type checker what the line before or the registration guarantees; nothing rests on it"
NO_SECRET = "a word of the protocol, no password"
OWN_PROGRAMS = "the one-machine run starts its own programs, without a shell"
REVIEWED = {
    ("B101", "services/*"): NARROWS,
    ("B101", "shared/*"): NARROWS,
    ("B104", "local/containers/issuer.py"): "a stand-in for tests of the containers, reached from inside them",
    ("B104", "local/environment.py"): "listened on only where HOST says so",
    ("B105", "bellwether/api.py"): "no token yet",
    ("B105", "local/people.py"): NO_SECRET,
    ("B105", "services/registry/endpoints/tokens.py"): NO_SECRET,
    ("B105", "shared/openapi/describing.py"): NO_SECRET,
    ("B105", "shared/web/resources.py"): NO_SECRET,
    ("B311", "services/scoring/service/webhook/outcomes.py"): "spreads load, guards nothing",
    ("B311", "shared/tracing.py"): "ids of traces and spans, told to everybody",
    ("B404", "local/*"): OWN_PROGRAMS,
    ("B603", "local/*"): OWN_PROGRAMS,
    ("B608", "migrations/versions/engagement/0005_*.py"): OWN_NAMES,
    ("B607", "local/containers/image_check.py"): OWN_PROGRAMS,
    ("B608", "migrations/bootstrap_script.py"): OWN_NAMES,
    ("B608", "services/audit/repository/*_statistics.py"): OWN_NAMES,
    ("B608", "services/engagement/repository/figure*.py"): OWN_NAMES,
    ("B608", "services/scoring/repository/*.py"): OWN_NAMES,
    ("B608", "shared/db/rows.py"): "names and types of our own tables; rows are a parameter",
    (
        "B704",
        "services/engagement/service/newsletter/issue_rendering.py",
    ): "HTML made here from Markdown in which HTML is text",
    (
        "B704",
        "services/scoring/service/report/as_html.py",
    ): "our own style sheet and drawings, their texts escaped",
    ("B704", "local/reference.py"): "HTML made here from Markdown in which HTML is text",
    ("B704", "shared/web/html/pages.py"): "our own style sheet",
}


@pytest.mark.timeout(300)
def test_bandit_finds_nothing_that_was_not_looked_at(tried: Tried) -> None:
    command = [sys.executable, "-m", "bandit", "--quiet", "--format", "json", "--recursive", *FOLDERS]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert report["errors"] == []
    used: set[tuple[str, str]] = set()
    new = []
    for found in report["results"]:
        fits = {key for key in REVIEWED if key[0] == found["test_id"] and fnmatch(found["filename"], key[1])}
        used |= fits
        if not fits:
            new.append(f"{found['test_id']} {found['filename']}:{found['line_number']} {found['issue_text']}")
    tried(
        "bandit (files, findings looked at)",
        operations=len(report["metrics"]) - 1,
        attacks=len(report["results"]),
        failures=len(new),
    )
    assert not new, "\n".join(new)
    assert used == REVIEWED.keys(), "these are not found any more"
