"""What a programme holds besides CSV files: records in JSON that are created one by one through the REST API."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bellwether.api import Api
from local.errors import LocalError

PAGE = 200
# For the reader of the file; the API does not take it.
NOTES = frozenset({"findings_treated"})


@dataclass(frozen=True, slots=True)
class Records:
    """A JSON file of a programme, what it holds, and how that is created; `create` returns what there was."""

    file: str
    title: str
    create: Callable[[Api, Any], str]


def create_records(api: Api, item: Records, path: Path) -> str:
    """Create everything in the file; LocalError if it is no JSON, lacks a field, or is refused."""
    try:
        return item.create(api, json.loads(path.read_text(encoding="utf-8")))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise LocalError(f"{item.file} is not JSON in UTF-8: {error}") from None
    except (KeyError, TypeError) as error:
        raise LocalError(f"{item.file} is not as local/sample/{item.file} is: {error!r}") from None


def create_certificates(api: Api, certificates: Any) -> str:
    """Certificates of suppliers that the registry knows, by their codes."""
    ids = {supplier["code"]: supplier["id"] for supplier in api.items("registry", "/v1/suppliers", limit=PAGE)}
    unknown = {certificate["supplier_code"] for certificate in certificates} - ids.keys()
    if unknown:
        raise LocalError(f"certificates.json names suppliers that do not exist: {', '.join(sorted(unknown))}")
    for certificate in certificates:
        held = {
            "standard": certificate["standard"],
            "number": certificate["certificate_no"],
            "issuer": certificate["issuer"],
            "valid_from": certificate["valid_from"],
            "valid_until": certificate["valid_until"],
        }
        api.post("registry", f"/v1/suppliers/{ids[certificate['supplier_code']]}/certificates", held)
    return str(len(certificates))


def create_campaigns(api: Api, campaigns: Any) -> str:
    """Survey campaigns with the suppliers that are asked."""
    for campaign in campaigns:
        api.post("audit", "/v1/surveys", campaign)
    return f"{len(campaigns)}, {sum(len(campaign['suppliers']) for campaign in campaigns)} answers asked for"


def create_opening_balance(api: Api, balance: Any) -> str:
    """The running totals from before the records begin."""
    api.post("engagement", "/v1/opening-balances", balance)
    return f"{balance['person_times']:,} person-times and {balance['session_hours']:,} hours to {balance['as_of']}"


def create_events(api: Api, events: Any) -> str:
    """Events with all that `attendances.csv` does not say about them."""
    for event in events:
        api.post("engagement", "/v1/events", {name: value for name, value in event.items() if name not in NOTES})
    return str(len(events))


def create_courses(api: Api, courses: Any) -> str:
    """Courses with their views and completions."""
    for course in courses:
        described = {
            "code": course["course_ref"],
            "title": course["title"],
            "language": course["language"],
            "standard": course["topic"],
            "links": [course["link"]],
        }
        created = api.post("engagement", "/v1/courses", described).json()
        for view in course["views"]:
            counted = {"supplier_code": view["supplier_code"], "on": view["viewed_on"], "count": view["views"]}
            api.post("engagement", f"/v1/courses/{created['id']}/views", counted)
        for done in course["completions"]:
            person = {"supplier_code": done["supplier_code"], "person_ref": done["person_ref"]}
            api.post("engagement", f"/v1/courses/{created['id']}/completions", {**person, "on": done["completed_on"]})
    views = sum(view["views"] for course in courses for view in course["views"])
    return f"{len(courses)}, viewed {views} times"


CERTIFICATES = Records("certificates.json", "Certificates", create_certificates)
CAMPAIGNS = Records("campaigns.json", "Survey campaigns", create_campaigns)
OPENING_BALANCE = Records("opening_balance.json", "Opening balance", create_opening_balance)
EVENTS = Records("events.json", "Events", create_events)
COURSES = Records("courses.json", "Courses", create_courses)
