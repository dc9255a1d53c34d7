"""A year of the programme, step by step, through the services' own interfaces."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.audit.programme import ago
from tests.e2e.published import cast, forums, learning, reports, support
from tests.e2e.published.forums import Forum, seen
from tests.e2e.published.reports import Seen
from tests.engagement import robots
from tests.engagement.known_people import ref_of
from tests.engagement.robots import Receiver
from tests.shared.smtp_sink import Sink
from tests.stage import Stage

OPENING = {"as_of": ago(365), "person_times": 4037, "session_hours": 669, "note": "Report of the edition before"}
RIGHTS_DAYS_AGO, CARBON_DAYS_AGO = 200, 120
ROBOTS_KEY = "693a91f6-7a1c-4bc4-97a0-0ec2c1fa5aaa"
LEAVES_THE_LIST = cast.address("chi", 3)


@dataclass
class Year:
    """What the year brought forth, as the services answered."""

    stage: Stage
    ids: dict[str, str]
    receiver: Receiver
    suggestions: list[dict[str, Any]] = field(default_factory=list)
    rights: Forum = field(default_factory=lambda: Forum({}, {}))
    carbon: Forum = field(default_factory=lambda: Forum({}, {}))
    meetings: list[dict[str, Any]] = field(default_factory=list)
    commitments: dict[int, dict[str, Any]] = field(default_factory=dict)
    groups: list[dict[str, Any]] = field(default_factory=list)
    course: dict[str, Any] = field(default_factory=dict)
    clicked: str = ""

    async def read(self, service: str, url: str, **params: Any) -> Any:
        """What a reader of that service sees."""
        async with self.stage.machine(service, f"{service}:read") as client:
            answer = await client.get(url, params=params)
            assert answer.status_code == 200, answer.text
            return answer.json()

    async def score(self, number: int, day: str | None = None) -> dict[str, Any]:
        """A supplier's score at the end of a day, or now."""
        params = {} if day is None else {"as_of": day}
        found: dict[str, Any] = await self.read("scoring", f"/v1/scores/{self.ids[cast.code(number)]}", **params)
        return found


async def live(stage: Stage, sink: Sink, receiver: Receiver) -> Year:
    """From the opening balance to the last quarter."""
    year = Year(stage, await cast.load(stage), receiver)
    sink.to_recipient[cast.NO_LONGER_AT_ITS_COMPANY] = ["550 5.1.1 no such user"]
    async with stage.machine("engagement") as client:
        assert (await client.post("/v1/opening-balances", json=OPENING)).status_code == 201
        await _want_no_invitations(stage, client, cast.WANTS_NO_INVITATIONS)
        year.suggestions = (await client.get("/v1/topic-suggestions", params=cast.YEAR_OF_FINDINGS)).json()["items"]
        year.groups = [await _open_group(client, name, **more) for name, more in GROUPS]
        rights, carbon = [one for one in year.suggestions if one["kind"] == "forum"]
        year.rights = await forums.plan(client, rights, event_ref="FRM-RIGHTS")
        await _human_rights(stage, client, sink, year.rights)
        year.carbon = await forums.plan(client, carbon, event_ref="FRM-CARBON")
        await _carbon(stage, client, sink, year)
        year.clicked = await forums.follow_the_link_to_the_guide(stage, year.rights.recap_mails[0][1])
        year.meetings, year.commitments = await support.hold(stage, client)
        await support.follow_up(stage, year.commitments[4])
        year.course = await learning.learn(client)
        for group in year.groups:
            url = f"/v1/newsletters/{year.rights.recap['id']}/group-posts"
            await _post(client, url, group)
    await cast.audit_again(stage)
    await robots.work(stage, receiver.url)
    await stage.settle()
    return year


async def _human_rights(stage: Stage, client: httpx.AsyncClient, sink: Sink, forum: Forum) -> None:
    """58 are invited; 46 of them and 34 colleagues are on the screen, 70 in the room."""
    await forums.invite(stage, client, sink, forum)
    mails = dict(forum.mails)
    await forums.reply_on_the_page(stage, mails[cast.address("ann", 1)])
    await forums.reply_from_the_calendar(client, mails[cast.address("bo", 18)])
    starts_at = await forums.hold(stage, client, forum, RIGHTS_DAYS_AGO)
    there = cast.people_of(range(1, 18)) - {cast.address("chi", n) for n in (3, 4, 5, 6)}
    colleagues = [cast.address(name, n) for n in range(1, 17) for name in ("dai", "eva")]
    strangers = [Seen("[S-07] Wu"), Seen("Mei's phone"), Seen("Ann Buyer", "ann@brand.example")]
    await forums.hand_in(client, forum, reports.zoom(starts_at, [*seen([*there, *colleagues]), *strangers]))
    await forums.decide(client, forum, "Mei's phone", "assign", supplier_code=cast.code(9))
    await forums.decide(client, forum, "Ann Buyer", "ignore", reason="own_staff")
    for number, persons in ((6, 20), (9, 25), (10, 25)):
        await forums.count(client, forum, cast.code(number), persons)
    await forums.ask(client, forum)
    await forums.rate_on_the_page(stage, mails[cast.address("ann", 1)])
    await forums.rate(client, forum, [3] * 4 + [4] * 25 + [5] * 40)
    await forums.tell_the_absent(stage, client, sink, forum)
    await forums.unsubscribe_as_a_mail_program_does(stage, dict(forum.recap_mails)[LEAVES_THE_LIST])


async def _carbon(stage: Stage, client: httpx.AsyncClient, sink: Sink, year: Year) -> None:
    """69 are invited; 55 of them and 28 colleagues are on the screen, 49 in the room, 19 of them by name."""
    forum = year.carbon
    await forums.invite(stage, client, sink, forum)
    await _post(client, f"{forum.url}/group-reminders", year.groups[0])
    await robots.work(stage, year.receiver.url)
    starts_at = await forums.hold(stage, client, forum, CARBON_DAYS_AGO)
    absent = {*cast.people_of(range(21, 25)), cast.address("ann", 1), LEAVES_THE_LIST}
    unasked = {cast.NO_LONGER_AT_ITS_COMPANY, cast.WANTS_NO_INVITATIONS}
    colleagues = [cast.address(name, n) for n in range(1, 15) for name in ("dai", "eva")]
    people = [*(cast.people_of(range(1, 25)) - absent - unasked), *colleagues]
    await forums.hand_in(client, forum, reports.teams(starts_at, seen(people)), time_zone="UTC")
    named = [{"supplier_code": cast.code(2), "person_ref": f"badge-{n}"} for n in range(19)]
    answer = await client.post(f"{forum.url}/attendances", json=named)
    assert answer.status_code == 201, answer.text
    await forums.count(client, forum, cast.code(10), 30)
    await forums.ask(client, forum)
    await forums.rate(client, forum, [2] * 3 + [4] * 20 + [5] * 37)
    await forums.tell_the_absent(stage, client, sink, forum)


GROUPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Sustainability at suppliers", {"channel": "wecom", "key": ROBOTS_KEY}),
    ("Key suppliers' WeChat", {"channel": "recorded", "members": 120}),
)


async def _open_group(client: httpx.AsyncClient, name: str, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/groups", json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def _post(client: httpx.AsyncClient, url: str, group: dict[str, Any]) -> None:
    answer = await client.post(url, json={"group_id": group["id"], "language": "zh-Hant"})
    assert answer.status_code in (201, 202), answer.text


async def _want_no_invitations(stage: Stage, client: httpx.AsyncClient, email: str) -> None:
    url = f"/v1/people/{ref_of(stage, email)}/consent"
    answer = await client.put(url, json={"invitations": False, "newsletters": None})
    assert answer.status_code == 200, answer.text
