"""Every day and moment that any operation takes is written out; a number is refused and never read as a day in 1970."""

from typing import Any

from shared.ids import new_id
from tests.security.operations import Operation, guarded
from tests.stage import Stage
from tests.tried import Tried

FORMATS = {"date", "date-time"}
HEADERS = {"If-Match": '"1"', "X-Experience-API-Version": "1.0.3"}
NUMBERS = (0, 86400, 20260301, "0", "0.0", "-1.8e-39", "1772323200")


def formats_of(schema: dict[str, Any]) -> set[str]:
    return {str(part.get("format")) for part in [schema, *schema.get("anyOf", [])]} & FORMATS


def in_query(operation: Operation) -> list[str]:
    parameters = operation.description.get("parameters", [])
    return [each["name"] for each in parameters if each["in"] == "query" and formats_of(each["schema"])]


def needed_in_query(operation: Operation) -> dict[str, str]:
    """What has to be there beside the body, which is to be all that is wrong."""
    parameters = operation.description.get("parameters", [])
    return {each["name"]: str(new_id()) for each in parameters if each["in"] == "query" and each.get("required")}


def in_body(operation: Operation, schemas: dict[str, Any]) -> list[str]:
    content = operation.description.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    named = schemas.get(str(schema.get("$ref", "")).rpartition("/")[2], schema)
    return [name for name, each in named.get("properties", {}).items() if formats_of(each)]


async def test_a_number_is_no_day(stage: Stage, tried: Tried) -> None:
    wrong: list[Any] = []
    requests = found = 0
    schemas = {service: app.openapi()["components"]["schemas"] for service, app in stage.apps.items()}
    for operation in guarded():
        async with stage.machine(operation.service) as client:
            path = operation.with_any_ids()
            for name in in_query(operation):
                found += 1
                for number in NUMBERS:
                    answer = await client.request(operation.method, path, params={name: number})
                    requests += 1
                    if answer.status_code != 422 or f"query: {name}" not in answer.text:
                        wrong.append((operation.id, name, number, int(answer.status_code)))
            for name in in_body(operation, schemas[operation.service]):
                found += 1
                for number in NUMBERS:
                    needed = needed_in_query(operation)
                    answer = await client.request(
                        operation.method, path, json={name: number}, params=needed, headers=HEADERS
                    )
                    requests += 1
                    if answer.status_code != 422 or f"/{name}" not in answer.text:
                        wrong.append((operation.id, name, number, int(answer.status_code)))
    tried("numbers in the place of days", operations=found, requests=requests, attacks=requests, failures=len(wrong))
    assert not wrong, "\n".join(map(str, wrong))
    assert found > 30
