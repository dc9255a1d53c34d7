"""Guessing secrets at the token endpoint is slowed, without shutting out whoever knows theirs."""

from services.registry.settings import RegistrySettings
from shared.web.rate_limits import Policy
from shared.web.resources import Resources

LONGEST_ID = 36


class Guesses:
    """What is counted of one request for a token.

    A client id is counted together with the address that names it: whoever knows only somebody else's id can use
    up their own tries, not that client's.
    """

    def __init__(self, resources: Resources, address: str) -> None:
        """`address` is where the request comes from."""
        settings = resources.settings
        assert isinstance(settings, RegistrySettings)  # noqa: S101  # the service's own
        self._limiter = resources.limiter
        self._asked = Policy("tokens", settings.rate_limit_tokens)
        self._wrong = Policy("wrong-secrets", settings.rate_limit_wrong_secrets)
        self._address = address

    async def count_asked(self, client_id: str) -> None:
        """Raise TooMany where this client id has been tried too often, or too much was wrong that came from here."""
        await self._limiter.check(self._wrong, self._address)
        await self._limiter.count(self._asked, client_id[:LONGEST_ID], self._address)

    async def count_wrong(self) -> None:
        """Remember that this one was wrong."""
        await self._limiter.count(self._wrong, self._address)
