"""An API's description as it is read: at the service itself, or through the one door to all of them."""

import re
from copy import deepcopy
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from shared.openapi.describing import TOKEN_PATH

PREFIX = re.compile(r"/[a-z]+")
"""How the door says under which of its paths it has a service."""

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def show_description(request: Request) -> JSONResponse:
    """The description; whoever reads it through the door finds the door's addresses in it."""
    document: dict[str, Any] = request.app.openapi()
    prefix = request.headers.get("x-forwarded-prefix", "")
    return JSONResponse(_through_the_door(document, prefix) if PREFIX.fullmatch(prefix) else document)


def _through_the_door(document: dict[str, Any], prefix: str) -> dict[str, Any]:
    components = {**document["components"], "securitySchemes": deepcopy(document["components"]["securitySchemes"])}
    # Relative to the server above, and so at the door, under whatever name that is reached.
    components["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["tokenUrl"] = f"/registry{TOKEN_PATH}"
    return {**document, "servers": [{"url": prefix}], "components": components}
