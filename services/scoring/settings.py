"""The scoring service's settings."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, ClassVar

import orjson
from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from shared.settings import Settings


def _as_list(given: Any) -> Any:
    """Networks as they stand in the environment: between commas or blanks, or as JSON."""
    if not isinstance(given, str):
        return given
    if given.lstrip().startswith("["):
        try:
            return orjson.loads(given)
        except orjson.JSONDecodeError:
            raise ValueError("is no list of networks, as in 10.20.0.0/16,fd00:1::/32") from None
    return given.replace(",", " ").split()


class ScoringSettings(Settings):
    """What the scoring service is configured with."""

    service: ClassVar[str] = "scoring"
    schema_step: ClassVar[int] = 5
    listeners: ClassVar[tuple[str, ...]] = ()
    tasks_worker: ClassVar[str] = "scoring-tasks"

    webhook_allowed_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_as_list)] = (
        Field(
            default=(),
            description="Networks that webhooks may be sent to though not public, and without TLS: 10.20.0.0/16,...",
        )
    )
