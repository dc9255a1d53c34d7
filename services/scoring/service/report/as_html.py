"""A pack as one page that needs nothing else: no script, nothing loaded, a style allowed by its hash."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from services.scoring.service.report.blocks import Chart, Document

FOLDER = Path(__file__).parent / "templates"
MEDIA_TYPE = "text/html"
MOST_SUPPLIERS = 2000
"""At about 100 kB of memory each while the page is written."""

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER),
    autoescape=jinja2.select_autoescape(["html"]),
    undefined=jinja2.StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Written:
    """A page, and the policy under which a browser has to show it."""

    content: bytes
    content_security_policy: str


def write_html(document: Document) -> Written:
    """The whole page. It takes time: not to be called on the event loop."""
    style = _templates.get_template("report.css").render(
        running=_css_string(document.running), draft=_css_string(document.draft)
    )
    content = _templates.get_template("report.html").render(
        document=document,
        style=Markup(style),  # noqa: S704  # our own file, what is put into it written as CSS has it
        next_id=_ids(),
        named_drawing=_named_drawing,
    )
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return Written(
        content.encode(),
        f"default-src 'none'; style-src 'sha256-{hashed}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    )


def _ids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"chart-{next(numbers)}"


def _named_drawing(chart: Chart, chart_id: str) -> Markup:
    """The drawing with its name and description inside, as those expect who do not see it."""
    named = Markup('<svg role="img" aria-labelledby="{0}-title {0}-desc"').format(chart_id)
    words = Markup('<title id="{0}-title">{1}</title><desc id="{0}-desc">{2}</desc>').format(
        chart_id, escape(chart.title), escape(chart.description)
    )
    opening, _, inner = chart.svg.removeprefix("<svg").partition(">")
    return named + Markup(opening + ">") + words + Markup(inner)  # noqa: S704  # drawn by us, its texts escaped


def _css_string(text: str) -> str:
    """A text inside a style's quotes, which nothing in it can end."""
    return "".join(char if char.isalnum() or char in " ,." else f"\\{ord(char):x} " for char in text)
