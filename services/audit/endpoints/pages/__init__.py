"""The pages that suppliers see in a browser: plain HTML, no script, nothing loaded from elsewhere."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from services.audit.endpoints.pages.faults import FAULTS
from services.audit.endpoints.pages.texts import TEXTS
from shared.languages import LANGUAGES, Language

FOLDER = Path(__file__).parent
STYLE = (FOLDER / "style.css").read_text(encoding="utf-8")
OWN_NAMES = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}

# The style is allowed by its hash; there is nothing else to allow.
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    # The address holds the token: it goes to nobody, and into no cache.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
}

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, auto_reload=False
)


def page(name: str, language: Language, status: int = 200, **shown: Any) -> Response:
    """The page of that name in that language."""
    context = {
        "language": language,
        "languages": [(code, OWN_NAMES[code]) for code in LANGUAGES],
        "style": Markup(STYLE),  # noqa: S704  # our own file
        "t": _texts_in(language),
        **shown,
    }
    content = _templates.get_template(f"{name}.html").render(context)
    return HTMLResponse(content, status, {**HEADERS, "Content-Language": language, "Vary": "Accept-Language"})


def fault_page(code: str, status: int) -> Response:
    """Why there is no form, in all languages; it tells nothing of any supplier."""
    return page("fault", "en", status, fault=FAULTS.get(code, FAULTS["error"]))


def _texts_in(language: Language) -> Callable[..., str]:
    column = LANGUAGES.index(language)

    def text(key: str, **values: object) -> str:
        return TEXTS[key][column].format(**values)

    return text
