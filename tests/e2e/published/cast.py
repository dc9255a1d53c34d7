"""Who takes part in the published programme: thirty suppliers, their people, their audits. All of it is invented."""

from collections.abc import Iterable
from typing import Any

from tests.audit.programme import ago
from tests.engagement.support_meetings import pull
from tests.stage import Stage

KEY, OEM, GENERAL = range(1, 9), range(9, 13), range(13, 31)
PEOPLE = {"ann": "en", "bo": "zh-TW", "chi": "zh-CN"}
"""Each supplier's people, and the languages that they read."""

LABOUR = range(5, 21)
"""Those that make their people work too long."""

CARBON = range(13, 25)
"""Those that do not know what they emit."""

PASSPORTS, CLOSED_LABOUR = 6, (7, 8)
NO_LONGER_AT_ITS_COMPANY = "bo@s-19.example"
WANTS_NO_INVITATIONS = "chi@s-20.example"
AT_TWO_SUPPLIERS = "chi@s-01.example"
"""Who looks after S-02 as well, and is a contact of both."""

AUDITED, AUDITED_BEFORE, AUDITED_AGAIN = 400, 800, 60
"""So many days ago."""

YEAR_OF_FINDINGS = {"from": ago(500), "to": ago(300)}


def code(number: int) -> str:
    return f"S-{number:02}"


def address(name: str, number: int) -> str:
    """The mail address of one of a supplier's people."""
    return f"{name}@s-{number:02}.example"


def people_of(numbers: Iterable[int]) -> set[str]:
    """Whoever a mail to all of these suppliers' people may reach: everybody once."""
    everybody = {address(name, number) for number in numbers for name in PEOPLE}
    return {AT_TWO_SUPPLIERS if one == address("chi", 2) else one for one in everybody}


async def load(stage: Stage) -> dict[str, str]:
    """Suppliers, their people, their audits and findings; returns the suppliers' ids by code."""
    await _take_in(
        stage, "scoring", "country-risks", _lines(RISK, [("TW", 2024, "WGI", 62.5), ("ID", 2024, "WGI", 30)])
    )
    await _take_in(stage, "registry", "suppliers", _lines(SUPPLIERS, map(_supplier, (*KEY, *OEM, *GENERAL))))
    async with stage.machine("registry") as client:
        listed = (await client.get("/v1/suppliers", params={"limit": 200})).json()["items"]
        ids: dict[str, str] = {one["code"]: one["id"] for one in listed}
        for number in (*KEY, *OEM, *GENERAL):
            for name, language in PEOPLE.items():
                email = AT_TWO_SUPPLIERS if (name, number) == ("chi", 2) else address(name, number)
                contact = {"name": f"{name.capitalize()} {number}", "email": email, "role": "sustainability"}
                url = f"/v1/suppliers/{ids[code(number)]}/contacts"
                answer = await client.post(url, json={**contact, "language": language})
                assert answer.status_code == 201, answer.text
    await _take_in(stage, "audit", "audits", _lines(AUDITS, _audits()))
    await _take_in(stage, "audit", "findings", _lines(FINDINGS, _findings()))
    await pull(stage, "registry", "audit")
    return ids


async def audit_again(stage: Stage) -> None:
    """A look at the labour suppliers after the forum: of those that were there one repeats, of the others two do."""
    audits = [
        (f"V3-{n}", code(n), "supplemental", "RBA VAP 8.0", ago(AUDITED_AGAIN), "labor_employment") for n in LABOUR
    ]
    again = [(f"F3-{n}", f"V3-{n}", code(n), "A3", "8.0", "major", ago(AUDITED_AGAIN), "") for n in (5, 18, 19)]
    await _take_in(stage, "audit", "audits", _lines(AUDITS, audits))
    await _take_in(stage, "audit", "findings", _lines(FINDINGS, again))
    await pull(stage, "audit")


RISK = "country,year,source,mean_percentile_rank"
SUPPLIERS = "code,name,country,supply_tier,kind,email"
AUDITS = "audit_ref,supplier_code,kind,standard,conducted_on,scope"
FINDINGS = "finding_ref,audit_ref,supplier_code,provision,code_version,severity,discovered_on,closed_on"


def _supplier(number: int) -> tuple[object, ...]:
    kind = "key" if number in KEY else "oem" if number in OEM else "general"
    country = "ID" if number == 2 else "TW"
    return code(number), f"Company {number}", country, 2, kind, f"office@s-{number:02}.example"


def _audits() -> Iterable[tuple[object, ...]]:
    for number in (*KEY, *OEM, *GENERAL):
        yield f"V2-{number}", code(number), "vap", "RBA VAP 8.0", ago(AUDITED), ""
    for number in (5, 6, 13):
        yield f"V1-{number}", code(number), "vap", "RBA VAP 8.0", ago(AUDITED_BEFORE), ""


def _findings() -> Iterable[tuple[object, ...]]:
    """Closed after 80 days by those that will come to the forum, after 150 by those that will not."""
    n = 0

    def finding(
        number: int, provision: str, severity: str, closed: int | None, found: int = AUDITED
    ) -> tuple[Any, ...]:
        nonlocal n
        n += 1
        year = 1 if found == AUDITED_BEFORE else 2
        closed_on = "" if closed is None else ago(found - closed)
        return f"F-{n}", f"V{year}-{number}", code(number), provision, "8.0", severity, ago(found), closed_on

    for number in LABOUR:
        yield finding(number, "A3", "major", 150 if number > 17 else 80)
    for number in CLOSED_LABOUR:
        yield finding(number, "A1", "major", 80)
    yield finding(PASSPORTS, "A1", "priority", None)
    for number in CARBON:
        yield finding(number, "C8", "major", 100)
    for number in (29, 30):
        yield finding(number, "E11", "minor", 60)
    for number in (5, 6):
        yield finding(number, "A3", "minor", 60, AUDITED_BEFORE)
    yield finding(13, "C8", "minor", 60, AUDITED_BEFORE)


def _lines(header: str, rows: Iterable[Iterable[object]]) -> str:
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


async def _take_in(stage: Stage, service: str, kind: str, text: str) -> None:
    run = await stage.import_file(service, kind, text)
    assert (run["status"], run["errors"]) == ("succeeded", [])
