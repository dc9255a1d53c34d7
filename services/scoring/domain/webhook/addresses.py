"""Which addresses webhooks may be sent to: public ones, and those of networks that the operator allows."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64: Final = IPv6Network("64:ff9b::/96")
OLD_RELAYS: Final = IPv4Network("192.88.99.0/24")
LAST_32_BITS: Final = 0xFFFF_FFFF


def may_reach(address: Address, allowed: Iterable[Network], *, encrypted: bool) -> bool:
    """Whether a webhook may be sent there. What is not encrypted goes to allowed networks alone."""
    real = behind(address)
    if any(candidate in network for network in allowed for candidate in {real, address}):
        return True
    return encrypted and is_public(real)


def behind(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, NAT64), else the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & LAST_32_BITS)
    return address


def is_public(address: Address) -> bool:
    """Whether the address is one of the public Internet, and so is the one that it carries (6to4)."""
    # `is_global` alone is not enough: it says yes to multicast, and to some blocks depending on Python's version.
    if (
        not address.is_global
        or address.is_private
        or address.is_multicast
        or address.is_reserved
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
    ):
        return False
    if isinstance(address, IPv4Address):
        return address not in OLD_RELAYS
    return not address.is_site_local and (address.sixtofour is None or is_public(address.sixtofour))
