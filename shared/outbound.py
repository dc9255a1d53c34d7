"""What leaves the house: through the company's proxy where there is one, believing its own authorities as well."""

import ssl
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Outbound:
    """How others are reached. The house's own services never are through a proxy."""

    proxy: str | None = None
    direct_hosts: tuple[str, ...] = ()
    """Reached without the proxy: names, each with all below it, and addresses."""
    authorities: Path | None = None

    def new_tls(self) -> ssl.SSLContext:
        """Whose certificates are believed: those of the usual authorities and of the company's own."""
        context = httpx.create_ssl_context()
        if self.authorities is not None:
            context.load_verify_locations(cafile=self.authorities)
        return context

    def is_through_proxy(self, host: str) -> bool:
        """Whether that host is asked by way of the proxy."""
        return self.proxy is not None and not any(_is_below(host, direct) for direct in self.direct_hosts)

    def client(self, **options: Any) -> httpx.AsyncClient:
        """A client that goes the right way to each host, and looks at no variables of the environment."""
        mounts: dict[str, httpx.AsyncBaseTransport | None] = {}
        if self.proxy is not None:
            tls = _tls_of_http(self)
            proxy = httpx.Proxy(self.proxy, ssl_context=tls if self.proxy.startswith("https:") else None)
            mounts["all://"] = httpx.AsyncHTTPTransport(proxy=proxy, verify=tls)
            mounts |= {f"all://{pattern}": None for host in self.direct_hosts for pattern in _patterns(host)}
        return httpx.AsyncClient(
            verify=_tls_of_http(self), mounts=mounts, trust_env=False, follow_redirects=False, **options
        )


PLAIN = Outbound()
"""Directly, and believing the usual authorities."""


@cache
def _tls_of_http(outbound: Outbound) -> ssl.SSLContext:
    # One for all: reading the list of authorities takes longer than most answers, and clients come and go.
    return outbound.new_tls()


def _is_below(host: str, direct: str) -> bool:
    host = host.rstrip(".").lower()
    return host == direct or (not _is_address(direct) and host.endswith(f".{direct}"))


def _patterns(direct: str) -> tuple[str, ...]:
    """In httpx's words: the name with all below it, and the same with the dot at its end that makes it absolute."""
    if _is_address(direct):
        return (f"[{direct}]" if ":" in direct else direct,)
    return f"*{direct}", f"*{direct}."


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
