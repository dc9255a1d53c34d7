"""To which supplier a person in a report belongs: by its code, else by the address that was invited, or its domain."""

import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from services.engagement.domain.attendance_reports.people import Person

PUBLIC_DOMAINS: Final = frozenset({
    "126.com", "139.com", "163.com", "189.cn", "aliyun.com", "aol.com", "daum.net", "foxmail.com", "gmail.com",
    "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hanmail.net", "hinet.net", "hotmail.com", "icloud.com",
    "live.com", "mail.com", "mail.ru", "me.com", "msa.hinet.net", "msn.com", "naver.com", "outlook.com",
    "pchome.com.tw", "proton.me", "protonmail.com", "qq.com", "seed.net.tw", "sina.com", "sina.cn", "sohu.com",
    "vip.163.com", "vip.qq.com", "web.de", "yahoo.com", "yahoo.co.jp", "yahoo.com.cn", "yahoo.com.tw",
    "yandex.ru", "yeah.net",
})  # fmt: skip
"""Where anybody has a mailbox: such an address says nothing of whose person it is."""

IN_BRACKETS = re.compile(r"\[([^\[\]]+)\]")
BEFORE = re.compile(r"\s*(.+?)(?: - |_)")


def named_codes(person: Person) -> frozenset[str]:
    """What may be a supplier's code: its column; else `[S0042] Mei Lin`; else `S0042 - Mei Lin` or `S0042_Mei Lin`."""
    if person.codes:
        return person.codes
    bracketed = IN_BRACKETS.findall(person.name)
    beginning = BEFORE.match(person.name)
    found = bracketed or ([beginning[1]] if beginning is not None else [])
    return frozenset(code.strip() for code in found)


def domain_of(person: Person) -> str | None:
    """The domain of the address, where it may tell whose person it is."""
    domain = person.email.rpartition("@")[2]
    return domain if domain and domain not in PUBLIC_DOMAINS else None


def supplier_of(
    person: Person, codes: Mapping[str, UUID], invited_for: UUID | None, domains: Mapping[str, frozenset[UUID]]
) -> UUID | None:
    """The one supplier that the known codes, else the address, point to; None where that has to be decided.

    It has to be where they contradict each other: codes are mostly typed by the person, and attendance is credited. Of
    an address that was invited it is known whose it is; of others the domain may tell.
    """
    by_code = frozenset(codes[code] for code in named_codes(person) if code in codes)
    by_address = frozenset({invited_for}) if invited_for else domains.get(domain_of(person) or "", frozenset())
    found = by_code & by_address if by_code and by_address else by_code or by_address
    return next(iter(found)) if len(found) == 1 else None
