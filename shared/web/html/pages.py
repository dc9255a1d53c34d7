"""Making a service's pages: its templates and texts in the frame and the style that all share."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from shared.languages import LANGUAGES, OWN_NAMES, Language
from shared.web.html.faults import FAULTS, Fault
from shared.web.html.wording import TEXTS, Wording

FOLDER = Path(__file__).parent
STYLE = (FOLDER / "style.css").read_text(encoding="utf-8")

# Of a link that opens something: its address goes to nobody, and what it opens into no cache.
PRIVATE = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
# The style is allowed by its hash; there is nothing else to allow.
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = PRIVATE | {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}


class Pages:
    """The pages of one service."""

    def __init__(self, folder: Path, texts: Mapping[str, Wording], faults: Mapping[str, Fault] | None = None) -> None:
        """`folder` holds the templates, `texts` what they say; `faults` are its own, by code, beside those of all."""
        self._texts = {**TEXTS, **texts}
        self._faults = {**FAULTS, **(faults or {})}
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader([folder, FOLDER]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
        )

    def page(self, name: str, language: Language, status: int = 200, **shown: Any) -> Response:
        """The page of that name in that language."""
        context = {
            "language": language,
            "languages": [(code, OWN_NAMES[code]) for code in LANGUAGES],
            "style": Markup(STYLE),  # noqa: S704  # our own file
            "t": self._in(language),
            **shown,
        }
        content = self._templates.get_template(f"{name}.html").render(context)
        return HTMLResponse(content, status, {**HEADERS, "Content-Language": language, "Vary": "Accept-Language"})

    def fault(self, code: str, status: int) -> Response:
        """Why there is no page, in all languages; it tells nothing of any supplier or person."""
        return self.page("fault", "en", status, fault=self._faults.get(code, self._faults["error"]))

    def text(self, key: str, language: Language, **values: object) -> str:
        """One of the service's texts."""
        return self._texts[key].in_language(language).format(**values)

    def _in(self, language: Language) -> Callable[..., str]:
        def text(key: str, **values: object) -> str:
            return self.text(key, language, **values)

        return text
