"""How often somebody may ask: moving windows in Redis, told by the standard headers; none while Redis is away."""

import asyncio
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
SHARE_SECONDS = 1.0
LARGEST_SHARE = 64
REMEMBERED = 4096

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
        self._shares: dict[tuple[str, ...], Share] = {}

    async def count(self, policy: Policy, *whose: str) -> Standing | None:
        """Count one; TooMany where there were as many already, None where nothing is limited just now."""
        if not self._is_on(policy):
            return None
        key = (policy.name, *whose)
        share = self._shares.get(key)
        if share is None:
            if len(self._shares) >= REMEMBERED:
                self._shares.clear()
            share = self._shares[key] = Share()
        if not share.holds():
            async with share.asking:
                if not share.holds():
                    await self._take(share, policy, whose)
        return share.use()

    async def check(self, policy: Policy, *whose: str) -> Standing | None:
        """The same without counting."""
        if not self._is_on(policy):
            return None
        return (await self._ask(policy, whose, cost=0))[1]

    async def close(self) -> None:
        """Disconnect."""
        await self._pool.aclose()

    def _is_on(self, policy: Policy) -> bool:
        return bool(policy.quota) and time.monotonic() >= self._paused_until

    async def _take(self, share: "Share", policy: Policy, whose: Sequence[str]) -> None:
        """Have Redis count as many at once as are likely to come within a second; one where that is too many."""
        cost = share.wanted(policy)
        granted, standing = await self._ask(policy, whose, cost)
        if not granted and cost > 1:
            cost = 1
            granted, standing = await self._ask(policy, whose, cost)
        if standing is not None and not granted:
            LIMITED.labels(self._service, policy.name).inc()
            raise _too_many(standing)
        share.fill(cost, standing)

    async def _ask(self, policy: Policy, whose: Sequence[str], cost: int) -> tuple[bool, Standing | None]:
        """Whether that many more may be, and how it stands then; no standing while Redis is away."""
        item = RateLimitItemPerMinute(policy.quota)
        key = (policy.name, *whose)
        try:
            if cost:
                granted = await self._window.hit(item, *key, cost=cost)
            else:
                granted = await self._window.test(item, *key)
            stats = await self._window.get_window_stats(item, *key)
        except (RedisError, OSError) as error:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            log.warning("rate limits are off: Redis does not answer", error=type(error).__name__)
            return True, None
        seconds = max(1, min(WINDOW_SECONDS, math.ceil(stats.reset_time - time.time())))
        return granted, Standing(policy, max(0, stats.remaining), seconds)


class Share:
    """What Redis has counted for a caller ahead of its requests, so that not each of them has to wait for Redis.

    Only whoever asks again and again within a second gets more than one at a time, and never more than a hundredth of
    the quota: what is not used within a second is lost to it.
    """

    def __init__(self) -> None:
        """Nothing yet."""
        self.asking = asyncio.Lock()
        self._left = 0
        self._size = 1
        self._until = 0.0
        self._standing: Standing | None = None

    def holds(self) -> bool:
        """Whether a request can be made without asking Redis."""
        return self._left > 0 and time.monotonic() < self._until

    def wanted(self, policy: Policy) -> int:
        """How many to have counted next: twice as many as were used up within a second, else one."""
        used_up = self._left == 0 and time.monotonic() < self._until
        return max(1, min(2 * self._size, policy.quota // 100, LARGEST_SHARE)) if used_up else 1

    def fill(self, size: int, standing: Standing | None) -> None:
        """That many are counted, after which it stands so."""
        self._left = self._size = size
        self._until = time.monotonic() + SHARE_SECONDS
        self._standing = standing

    def use(self) -> Standing | None:
        """Make one request, and say how it stands then."""
        self._left -= 1
        if self._standing is None:
            return None
        return Standing(self._standing.policy, self._standing.left + self._left, self._standing.seconds)


def _too_many(standing: Standing) -> TooMany:
    policy = standing.policy
    return TooMany(
        f"At most {policy.quota} a minute: try again in {standing.seconds} seconds.",
        headers={"Retry-After": str(standing.seconds), **standing.headers},
        members={"violated-policies": [policy.name]},
    )
