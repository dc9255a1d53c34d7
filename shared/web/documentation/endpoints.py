"""The page of documentation and what it is made of: Swagger UI's own files, as the package fastapi-offline has them."""

import html
import importlib.util
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from shared.errors import NotFound

HERE: Final = Path(__file__).parent
PAGE: Final = (HERE / "page.html").read_text(encoding="utf-8")
ASSETS: Final = {
    "start.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}
HEADERS: Final = {
    # Swagger UI sets styles of its own and has its pictures in them; all else is this house's.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}

router = APIRouter(include_in_schema=False)


def asset(name: str) -> Response:
    """One of the files; NotFound for any other name."""
    if name not in ASSETS:
        raise NotFound("There is no such file.")
    folder = HERE if name == "start.js" else _swagger_ui()
    return FileResponse(folder / name, media_type=ASSETS[name], headers={"Cache-Control": "max-age=3600"})


@router.get("/docs")
async def show_documentation(request: Request) -> Response:
    """The page."""
    return HTMLResponse(PAGE.replace("{{ title }}", html.escape(request.app.title)), headers=HEADERS)


@router.get("/docs/assets/{name}")
async def read_asset(name: str) -> Response:
    """What it is made of."""
    return asset(name)


def _swagger_ui() -> Path:
    # Found, not imported: all that is wanted of the package are its files.
    spec = importlib.util.find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise NotFound("Swagger UI is not installed (fastapi-offline).")
    return Path(spec.origin).parent / "static"
