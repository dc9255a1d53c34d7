"""What Prometheus and Grafana are given asks for figures that there are, and every alert says what to do."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
PROMETHEUS = PROJECT / "deploy" / "prometheus"
DECLARED = re.compile(r'(Counter|Gauge|Histogram)\(\s*"(bellwether_[a-z_]+)"')
SUFFIXES = {"Counter": ("",), "Gauge": ("",), "Histogram": ("_bucket", "_sum", "_count")}


def figures() -> set[str]:
    """The names under which the code tells figures."""
    sources = [
        path.read_text(encoding="utf-8") for top in ("shared", "services") for path in (PROJECT / top).rglob("*.py")
    ]
    found = [match for source in sources for match in DECLARED.findall(source)]
    assert found
    return {name + suffix for kind, name in found for suffix in SUFFIXES[kind]}


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "rules.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def asked_for(expression: str) -> set[str]:
    return set(re.findall(r"bellwether_[a-z_]+", expression))


def test_alerts_ask_for_figures_that_there_are() -> None:
    known = figures()
    for rule in alerts():
        assert asked_for(rule["expr"]) <= known, rule["alert"]


def test_the_dashboard_asks_for_figures_that_there_are() -> None:
    known = figures()
    dashboard = json.loads((PROJECT / "deploy" / "grafana" / "bellwether.json").read_text(encoding="utf-8"))
    targets = [target for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert targets
    for target in targets:
        assert asked_for(target["expr"]) <= known, target["expr"]


def test_for_every_alert_the_operators_page_says_what_to_do() -> None:
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [rule["alert"] for rule in alerts() if f"`{rule['alert'].removeprefix('Bellwether')}`" not in page] == []


@pytest.mark.parametrize("command", [["check", "rules", "rules.yml"], ["test", "rules", "rules_test.yml"]])
def test_prometheus_itself_finds_the_rules_right(command: list[str]) -> None:
    """Where promtool is at hand, it is asked; the tests above need nobody."""
    promtool = shutil.which("promtool")
    if promtool is None:
        return
    done = subprocess.run([promtool, *command], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
