"""Rewrites the table of settings in docs/configuration.md from the code."""

import importlib
import sys
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from local.environment import SERVICES
from local.supervisor import PROJECT

PAGE = PROJECT / "docs" / "configuration.md"
BEGIN, END = "<!-- settings: written by `make settings` -->\n", "<!-- end of settings -->\n"
SECRET = ("outbound_proxy", "secret", "password", "database_url", "redis_url", "smtp_url", "key_id", "otlp_headers")


def settings_class(service: str) -> Any:
    """The class of a service's settings."""
    return getattr(importlib.import_module(f"services.{service}.settings"), f"{service.capitalize()}Settings")


def table() -> str:
    """Every setting once, with who reads it, in the order in which the code has them."""
    readers: dict[str, list[str]] = {}
    fields: dict[str, FieldInfo] = {}
    for service in SERVICES:
        for name, field in settings_class(service).model_fields.items():
            readers.setdefault(name, []).append(service)
            fields[name] = field
    lines = ["| setting | read by | default | means |", "|---|---|---|---|"]
    for name, field in fields.items():
        who = "all" if len(readers[name]) == len(SERVICES) else ", ".join(readers[name])
        lines.append(f"| `{name.upper()}` | {who} | {_default(field)} | {_meaning(name, field)} |")
    return "\n".join(lines) + "\n"


def page_with(found: str) -> str:
    """The page with the table as it should be."""
    before, _, rest = found.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.default if field.default is not PydanticUndefined else field.get_default(call_default_factory=True)
    return "none" if value in (None, {}, ()) else f"`{value}`"


def _meaning(name: str, field: FieldInfo) -> str:
    is_secret = any(part in name for part in SECRET) and not name.startswith("rate_limit")
    secret = " **Holds a secret: better a file.**" if is_secret else ""
    return f"{(field.description or '').replace('|', chr(92) + '|')}.{secret}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{Path(PAGE).relative_to(PROJECT)}\n")


if __name__ == "__main__":
    main()
