"""Structured logs on stdout: one JSON object a line, with the request's id on every line that belongs to it."""

import json
import logging
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson
import structlog

SECRET_NAMES = ("secret", "password", "token", "authorization", "key")


def hide_secrets(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace the value of anything that is named like a secret."""
    for name, value in event.items():
        if _is_named_like_a_secret(str(name)):
            event[name] = "***"
        elif isinstance(value, dict):
            event[name] = hide_secrets(_logger, _method, dict(value))
    return event


@lru_cache(maxsize=1024)
def _is_named_like_a_secret(name: str) -> bool:
    return any(part in name.lower() for part in SECRET_NAMES)


def _as_json(event: Any, default: Callable[[Any], Any], **_: Any) -> str:
    """A line; whatever is no JSON as structlog itself would show it."""
    try:
        return orjson.dumps(event, default=default, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError):  # such as a number of more than 64 bits: the slower one knows them all
        return json.dumps(event, default=default)


def configure_logging(service: str, level: str, log_format: str) -> None:
    """Send structlog and the standard library's logs to stdout in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if log_format == "text" else structlog.processors.JSONRenderer(_as_json)
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # Every request is logged once by our own middleware; libraries speak up only when something is wrong.
    for chatty in ("uvicorn.access", "httpx", "httpcore", "arq"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)
