"""Start-up module of processes on trial: they die or stand still on exactly the line that they are told to.

Python runs it before anything else where this folder is in PYTHONPATH. Nothing of what is tried knows of it: as the
modules that FAULTS_POINTS names are compiled, a look at whether it is time is put before or after a statement.
"""

import ast
import importlib
import importlib.machinery
import json
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import CodeType
from typing import Any

Point = dict[str, str]
COMMAND = " ".join(sys.orig_argv)
POINTS: list[Point] = [
    point for point in json.loads(os.environ.get("FAULTS_POINTS", "[]")) if point["process"] in COMMAND
]
ARMED = os.environ.get("FAULTS_ARMED", "")
"""The file with a signal and the point at which it comes; whoever comes by takes it away, so that nobody else does."""


def pass_by(name: str) -> None:
    """Send oneself the signal if it is time."""
    try:
        with open(ARMED, encoding="utf-8") as file:  # noqa: PTH123  # nothing more is imported than is needed
            number, _, armed = file.read().partition(" ")
        if armed != name:
            return
        os.rename(ARMED, f"{ARMED}.{os.getpid()}")  # noqa: PTH104
    except FileNotFoundError:
        return
    os.kill(os.getpid(), int(number))


class PutIn(ast.NodeTransformer):
    """Puts the looks into the functions of one module; `found` counts the statements for each point."""

    def __init__(self, source: str, points: Sequence[Point]) -> None:
        self.source, self.points, self.within = source, points, ""
        self.found = dict.fromkeys((point["name"] for point in points), 0)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        outer = self.within
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self.within = node.name
        for body in ("body", "orelse", "finalbody"):
            statements = getattr(node, body, None)
            if isinstance(statements, list):
                setattr(node, body, [each for statement in statements for each in self._around(statement)])
        super().generic_visit(node)
        self.within = outer
        return node

    def _around(self, statement: ast.stmt) -> list[ast.stmt]:
        looks: dict[str, list[ast.stmt]] = {"before": [], "after": []}
        text = ast.get_source_segment(self.source, statement) or ""
        for point in self.points:
            if point["function"] == self.within and text.startswith(point["statement"]):
                self.found[point["name"]] += 1
                look = ast.parse(f"__import__('sitecustomize').pass_by({point['name']!r})").body[0]
                looks[point["where"]].append(ast.copy_location(look, statement))
        return [*looks["before"], statement, *looks["after"]]


def compiled(source: str, path: str, points: Sequence[Point]) -> CodeType:
    """The module with its looks; ValueError for a point that is not exactly one statement of it."""
    putting = PutIn(source, points)
    tree = ast.fix_missing_locations(putting.visit(ast.parse(source)))
    wrong = [name for name, times in putting.found.items() if times != 1]
    if wrong:
        raise ValueError(f"not one statement of {path}: {', '.join(wrong)}")
    code: CodeType = compile(tree, path, "exec", dont_inherit=True)
    return code


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles a module with its looks; from no cache, and into none."""

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode()
        return compiled(source, self.path, [point for point in POINTS if point["module"] == fullname])


class Finder(MetaPathFinder):
    """Finds the modules that have points."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if all(point["module"] != fullname for point in POINTS):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = Loader(fullname, spec.origin)
        return spec


if POINTS:
    sys.meta_path.insert(0, Finder())
if "CLOCK_OFF_BY" in os.environ:
    importlib.import_module("wrong_clock")
