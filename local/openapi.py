"""Rewrites `services/*/openapi.json` from the code: what a service serves is what its document says."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from local.environment import SERVICES
from local.supervisor import PROJECT


def document(service: str) -> str:
    """The OpenAPI document of a service, as it stands in the repository."""
    app: Any = importlib.import_module(f"services.{service}.main").create_app()
    return json.dumps(app.openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def path_of(service: str) -> Path:
    """Where a service's document stands."""
    return PROJECT / "services" / service / "openapi.json"


def main() -> None:
    """Write all four."""
    for service in SERVICES:
        path_of(service).write_text(document(service), encoding="utf-8")
        sys.stdout.write(f"{path_of(service).relative_to(PROJECT)}\n")


if __name__ == "__main__":
    main()
