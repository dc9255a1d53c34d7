"""What an author may leave open in a text, for each person to be filled in: {{ person.name }} and its like, no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import jinja2
from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment

Values = Mapping[str, Mapping[str, str]]
"""What stands behind each name: {"person": {"name": ...}, ...}."""

OF_PEOPLE: Final = {"person": ("name",), "supplier": ("name", "code")}
OF_EVENTS: Final = {"event": ("title", "date", "time", "time_zone")}
FILTERS: Final = ("upper", "lower", "title", "capitalize", "trim")
MOST_FILTERS: Final = 3

# Noncharacters of Unicode: no text that is exchanged holds them, and Markdown takes them for letters.
OPENS, CLOSES = "\ufdd0", "\ufdd1"


class NotAllowed(ValueError):  # says what is wrong, as the other complaints of the domain do
    """What a text holds and may not, on which of its lines."""

    def __init__(self, detail: str, line: int) -> None:
        """`line` counts from 1."""
        super().__init__(detail)
        self.detail, self.line = detail, line


@dataclass(frozen=True, slots=True)
class Placeholder:
    """An expression that was found harmless, ready to be asked for its value."""

    root: str
    template: jinja2.Template

    def value(self, values: Values) -> str:
        """What it says for these values, on one line: whatever they hold is text, and never markup or a header."""
        return one_line(self.template.render(values))


def one_line(text: str) -> str:
    """A text without line breaks and control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def mark(name: str) -> str:
    """What stands in a text in place of the placeholder of that name."""
    return f"{OPENS}{name}{CLOSES}"


_environment = SandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True)
_environment.filters = {name: _environment.filters[name] for name in FILTERS}
_environment.globals = {}


def take_out(source: str, known: Mapping[str, Sequence[str]], found: dict[str, Placeholder]) -> str:
    """The text with a mark for each placeholder, which is added to `found`; NotAllowed where it holds anything else.

    `known` are the names that may be used, and what may be asked of each.
    """
    if OPENS in source or CLOSES in source:
        raise NotAllowed("holds characters that are none", 1)
    try:
        parsed = _environment.parse(source)
    except jinja2.TemplateSyntaxError as error:
        raise NotAllowed(f"is no text with placeholders: {(error.message or '').rstrip('.')}", error.lineno) from None
    except RecursionError:
        raise NotAllowed("holds a placeholder that is too long", 1) from None
    parts: list[str] = []
    for statement in parsed.body:
        if not isinstance(statement, nodes.Output):
            raise NotAllowed("holds a statement; only placeholders such as {{ person.name }} will do", statement.lineno)
        for node in statement.nodes:
            if isinstance(node, nodes.TemplateData):
                parts.append(node.data)
                continue
            name, root = _name_of(node, known)
            if name not in found:
                found[name] = Placeholder(root, _compiled(node))
            parts.append(mark(name))
    return "".join(parts)


def _name_of(node: nodes.Node, known: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """How a placeholder is called, and of what it tells; NotAllowed where it is anything but a known name."""
    filters: list[str] = []
    line = node.lineno
    while isinstance(node, nodes.Filter) and node.node is not None:
        if node.name not in FILTERS or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise NotAllowed(f"uses the filter {node.name}; {', '.join(FILTERS)} are known, without arguments", line)
        filters.append(node.name)
        node = node.node
    if len(filters) > MOST_FILTERS:
        raise NotAllowed(f"uses more than {MOST_FILTERS} filters at once", line)
    names = ", ".join(f"{root}.{name}" for root, of_it in known.items() for name in of_it)
    if not (isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name)):
        raise NotAllowed(f"holds a placeholder that is more than a name; there are {names}", line)
    root, name = node.node.name, node.attr
    if name not in known.get(root, ()):
        raise NotAllowed(f"asks for {root}.{name}, which there is not; there are {names}", line)
    return "|".join([f"{root}.{name}", *reversed(filters)]), root


def _compiled(node: nodes.Node) -> jinja2.Template:
    alone = nodes.Template([nodes.Output([node], lineno=node.lineno)], lineno=node.lineno)
    alone.set_environment(_environment)
    return _environment.from_string(alone)
