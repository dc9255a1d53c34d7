"""How often somebody may ask: moving windows in Redis, told by the standard headers; none while Redis is away."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from prometheus_client import Counter
from redis.exceptions import RedisError

from shared.errors import TooMany
from shared.settings import Settings

WINDOW_SECONDS = 60
PATIENCE_SECONDS = 0.25
"""Every request waits for the answer, so Redis has this long before the request goes on without."""
PAUSE_SECONDS = 5.0
"""For how long Redis is left alone once it has failed to answer."""

LIMITED = Counter("bellwether_rate_limited_total", "Requests refused for their number", ["service", "policy"])

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `quota` of something within any minute; 0 stands for no limit."""

    name: str
    quota: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a policy, and in how many seconds more will be."""

    policy: Policy
    left: int
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them."""
        return {
            "RateLimit-Policy": f'"{self.policy.name}";q={self.policy.quota};w={WINDOW_SECONDS}',
            "RateLimit": f'"{self.policy.name}";r={self.left};t={self.seconds}',
        }


class Limiter:
    """Counts in one service; best effort, as all that lives in Redis: it never keeps anybody from working."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; the connection is made by the first request."""
        self.requests = Policy("default", settings.rate_limit_requests)
        self.imports = Policy("imports", settings.rate_limit_imports)
        self._service = settings.service
        self._pool = settings.redis.pool(socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS)
        storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=f"bellwether:limits:{settings.service}",
            connection_pool=self._pool,  # type: ignore[arg-type]  # what redis-py itself takes
        )
        self._window = MovingWindowRateLimiter(storage)
        self._paused_until = 0.0

    async def count(self, policy: Policy, *whose: str) -> Standing | None:
        """Count one; TooMany where there were as many already, None where nothing is limited just now."""
        return await self._ask(policy, whose, cost=1)

    async def check(self, policy: Policy, *whose: str) -> Standing | None:
        """The same without counting."""
        return await self._ask(policy, whose, cost=0)

    async def close(self) -> None:
        """Disconnect."""
        await self._pool.aclose()

    async def _ask(self, policy: Policy, whose: Sequence[str], cost: int) -> Standing | None:
        if not policy.quota or time.monotonic() < self._paused_until:
            return None
        item = RateLimitItemPerMinute(policy.quota)
        key = (policy.name, *whose)
        try:
            if cost:
                granted = await self._window.hit(item, *key)
            else:
                granted = await self._window.test(item, *key)
            stats = await self._window.get_window_stats(item, *key)
        except (RedisError, OSError) as error:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            log.warning("rate limits are off: Redis does not answer", error=type(error).__name__)
            return None
        seconds = max(1, min(WINDOW_SECONDS, math.ceil(stats.reset_time - time.time())))
        standing = Standing(policy, max(0, stats.remaining), seconds)
        if not granted:
            LIMITED.labels(self._service, policy.name).inc()
            raise _too_many(standing)
        return standing


def _too_many(standing: Standing) -> TooMany:
    policy = standing.policy
    return TooMany(
        f"At most {policy.quota} a minute: try again in {standing.seconds} seconds.",
        headers={"Retry-After": str(standing.seconds), **standing.headers},
        members={"violated-policies": [policy.name]},
    )
