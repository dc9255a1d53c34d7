"""Reading a function's syntax tree: what it raises, which headers it sets, which functions of ours it goes into.

Names, annotations and return annotations are followed, and every branch.
"""

import ast
import inspect
import textwrap
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from shared.errors import BellwetherError
from shared.openapi.headers import HEADERS

OURS = ("services.", "shared.")
ANY = "*"
"""Stands in a code for what is only known when it is raised."""


@dataclass(frozen=True)
class Step:
    """A function to read, with what is known where it is called."""

    function: types.FunctionType
    given: frozenset[tuple[str, str]] = frozenset()
    """Texts that it is called with, by the name of the parameter."""
    owner: type | None = None
    """The class of `self`."""


@dataclass
class Facts:
    """What one function does."""

    raised: list[tuple[type[BellwetherError], str, str]] = field(default_factory=list)
    headers: set[str] = field(default_factory=set)
    next: list[Step] = field(default_factory=list)

    def go_into(self, called: Any, given: Mapping[str, str] | None = None, owner: type | None = None) -> None:
        """Follow a function, if it is one of ours."""
        function = inspect.unwrap(getattr(called, "__func__", called)) if callable(called) else None
        if isinstance(function, types.FunctionType) and function.__module__.startswith(OURS):
            self.next.append(Step(function, frozenset((given or {}).items()), owner))


@cache
def facts_of(step: Step) -> Facts:
    """What a function does; nothing where its text is not to be had."""
    facts = Facts()
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(step.function)))
    except (OSError, SyntaxError):
        return facts
    _Reader(facts, step).visit(tree)
    return facts


class _Reader(ast.NodeVisitor):
    """Reads one function."""

    def __init__(self, facts: Facts, step: Step) -> None:
        self.facts, self.given = facts, dict(step.given)
        closed_over = inspect.getclosurevars(step.function).nonlocals
        self.names: dict[str, Any] = {**step.function.__globals__, **closed_over}
        self.types: dict[str, Any] = {name: kind for name, kind in _hints(step.function).items() if name != "return"}
        if step.owner is not None:
            self.types |= dict.fromkeys(("self", "cls"), step.owner)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        kind = self.type_of(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name) and kind is not None:
                self.types[target.id] = kind

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Attribute) and node.value.attr == "headers":
            self.note_headers(node.slice)

    def visit_Dict(self, node: ast.Dict) -> None:
        self.generic_visit(node)
        self.note_headers(*filter(None, node.keys))

    def note_headers(self, *names: ast.expr) -> None:
        texts = {str(name.value) for name in names if isinstance(name, ast.Constant)}
        self.facts.headers |= texts & HEADERS.keys()

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        owner = self.type_of(node.value)
        found = inspect.getattr_static(owner, node.attr, None) if isinstance(owner, type) else None
        if isinstance(self.value_of(node.value), types.ModuleType):
            # A function of another module that is handed on, such as to a thread.
            self.facts.go_into(self.value_of(node))
        elif isinstance(found, property):
            self.facts.go_into(found.fget, owner=owner)
        elif isinstance(found, types.FunctionType):
            self.facts.go_into(found, owner=owner)

    def visit_Name(self, node: ast.Name) -> None:
        # Also what is only handed on, such as a function that is called for each row.
        found = self.names.get(node.id) if node.id not in self.types else None
        if isinstance(found, types.FunctionType):
            self.facts.go_into(found)

    def visit_Call(self, node: ast.Call) -> None:
        called = self.value_of(node.func)
        if isinstance(called, type) and issubclass(called, BellwetherError):
            code = self.code_of(node, called)
            if code is not None:
                self.facts.raised.append((called, code, _words(node)))
        elif isinstance(called, type) and called.__module__.startswith(OURS):
            for name in ("__init__", "__post_init__"):
                self.facts.go_into(called.__dict__.get(name), owner=called)
        elif isinstance(called, types.FunctionType | types.MethodType):
            owner = self.type_of(node.func.value) if isinstance(node.func, ast.Attribute) else None
            self.facts.go_into(called, self.texts(node, called), owner if isinstance(owner, type) else None)
            for argument in (*node.args, *(each.value for each in node.keywords)):
                self.visit(argument)
            if isinstance(node.func, ast.Attribute):
                self.visit(node.func.value)
            return
        self.generic_visit(node)

    def code_of(self, node: ast.Call, kind: type[BellwetherError]) -> str | None:
        """The code that an error is made with, or its class's own; None where it is that of an error before."""
        told = next((each.value for each in node.keywords if each.arg == "code"), None)
        if isinstance(told, ast.Attribute) and told.attr == "code":
            return None
        return kind.code if told is None else self.text_of(told) or ANY

    def text_of(self, node: ast.expr) -> str | None:
        """A text, with a star for whatever in it is not known yet."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name) and node.id in self.given:
            return self.given[node.id]
        if isinstance(node, ast.JoinedStr):
            return "".join(self.text_of(part) or ANY for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return self.text_of(node.value)
        value = self.value_of(node)
        return value if isinstance(value, str) else None

    def texts(self, node: ast.Call, called: Any) -> dict[str, str]:
        """The texts that a function is called with, by the names of its parameters, or that are their defaults."""
        parameters = inspect.signature(called).parameters
        names = [name for name in parameters if name != "self"]
        found = {name: each.default for name, each in parameters.items() if isinstance(each.default, str)}
        pairs = [*zip(names, node.args, strict=False), *((each.arg, each.value) for each in node.keywords)]
        found |= {name: text for name, value in pairs if name and (text := self.text_of(value))}
        return found

    def value_of(self, node: ast.expr) -> Any:
        """What a name stands for: a module, class, function or constant; None where only running would tell."""
        if isinstance(node, ast.Name):
            return None if node.id in self.types else self.names.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.value_of(node.value)
            if isinstance(owner, types.ModuleType | type):
                return getattr(owner, node.attr, None)
            kind = self.type_of(node.value)
            return getattr(kind, node.attr, None) if isinstance(kind, type) else None
        return None

    def type_of(self, node: ast.expr) -> Any:
        """The class of what an expression gives, as far as annotations tell."""
        if isinstance(node, ast.Await):
            return self.type_of(node.value)
        if isinstance(node, ast.Name):
            return _class_in(self.types.get(node.id))
        if isinstance(node, ast.Attribute):
            return _class_in(_hints(self.type_of(node.value)).get(node.attr))
        if isinstance(node, ast.Call):
            called = self.value_of(node.func)
            return called if isinstance(called, type) else _class_in(_hints(called).get("return"))
        return None


@cache
def _hints(thing: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(thing)
    except (TypeError, NameError, AttributeError):
        return {}


def _class_in(hint: Any) -> type | None:
    """The one class of ours in an annotation, whatever is around it."""
    if isinstance(hint, type) and not typing.get_args(hint):
        return hint
    found = [each for each in map(_class_in, typing.get_args(hint)) if each and each.__module__.startswith(OURS)]
    return found[0] if len(found) == 1 else None


def _words(node: ast.Call) -> str:
    told = node.args[0] if node.args else None
    if isinstance(told, ast.Constant):
        return str(told.value)
    if isinstance(told, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "..." for part in told.values)
    return ""
