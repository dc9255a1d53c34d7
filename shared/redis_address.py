"""Where Redis is: at an address of its own, or wherever the sentinels say that the primary is now."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio.connection import ConnectionPool, SSLConnection, parse_url
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool

SENTINELS_PORT = 26379
SENTINEL_PATIENCE_SECONDS = 0.5
"""One that is away must not keep whoever asks from the next."""


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """What the settings say of it, and how connections are made from that."""

    url: str
    sentinels: tuple[tuple[str, int], ...] = ()
    primary: str = ""
    """The name under which the sentinels know the primary."""
    sentinel_password: str | None = None

    def pool(self, **options: Any) -> ConnectionPool:
        """Connections with these options; whoever asks for them closes them.

        With sentinels the host in the URL is not looked at: user, password, number and TLS are the primary's.
        """
        if not self.sentinels:
            return ConnectionPool.from_url(self.url, **options)
        given = parse_url(self.url)
        encrypted = given.pop("connection_class", None) is SSLConnection
        at_primary = {name: value for name, value in given.items() if name not in ("host", "port", "path")}
        tls = {name: value for name, value in given.items() if name.startswith("ssl_")}
        sentinel = Sentinel(  # type: ignore[no-untyped-call]
            self.sentinels,
            sentinel_kwargs={
                "password": self.sentinel_password,
                "socket_timeout": SENTINEL_PATIENCE_SECONDS,
                "socket_connect_timeout": SENTINEL_PATIENCE_SECONDS,
                **({"ssl": True, **tls} if encrypted else {}),
            },
        )
        return PrimaryPool(  # type: ignore[no-untyped-call]
            self.primary, sentinel, ssl=encrypted, **{**at_primary, **options}
        )


class PrimaryPool(SentinelConnectionPool):
    """Connections to whichever server is the primary; those to the sentinels are closed with them."""

    async def aclose(self) -> None:
        """Disconnect from both."""
        await super().aclose()
        for sentinel in self.sentinel_manager.sentinels:
            await sentinel.aclose()


def sentinels_in(given: str) -> tuple[tuple[str, int], ...]:
    """Hosts and ports in a setting: `a:26379,b,[fd00::1]:26379`; ValueError where there are none."""
    found = []
    for each in given.split(","):
        parts = urlsplit(f"//{each.strip()}")
        if not parts.hostname or parts.path or parts.query or parts.username:
            raise ValueError("must be host:port between commas, as in sentinel-1:26379,sentinel-2:26379")
        found.append((parts.hostname, parts.port or SENTINELS_PORT))
    return tuple(found)
