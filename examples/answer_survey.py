"""A supplier answers the survey that it is asked in, and submits it.

    python examples/answer_survey.py examples/data/answers.json

CLIENT_FILE names the supplier's own credentials: a client that is bound to it, with audit:read and audit:submit. It
sees its own response and nobody else's. Answers can be saved as often as one likes until they are submitted; here both
happens at once, and only if every question has an answer. Running it again submits nothing twice.
"""

import json
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from connection import ClientCredentials, connect, told


def own_response(api: httpx.Client) -> str:
    """Where the answer to the latest survey is; a bound client's lists hold nothing but its own."""
    surveys = told(api.get("/v1/surveys")).json()["items"]
    if not surveys:
        sys.exit("No survey asks this supplier.")
    survey = max(surveys, key=lambda each: each["year"])
    (response,) = told(api.get(f"/v1/surveys/{survey['id']}/responses")).json()["items"]
    print(f"{survey['title']}, due on {survey['due_on']}")
    return f"/v1/surveys/{survey['id']}/responses/{response['supplier_id']}"


def questions(api: httpx.Client, questionnaire_id: str) -> dict[str, Any]:
    """The survey's questions by their codes."""
    sections = told(api.get(f"/v1/questionnaires/{questionnaire_id}")).json()["sections"]
    return {question["code"]: question for section in sections for question in section["questions"]}


def main(file: Path) -> None:
    """Answer and submit."""
    answers = json.loads(file.read_text("utf-8"))
    with connect("audit", ClientCredentials()) as api:
        path = own_response(api)
        response = told(api.get(path))
        if response.json()["status"] != "submitted":
            asked = questions(api, response.json()["questionnaire_id"])
            missing = [f"  {code}: {asked[code]['text']['en']}" for code in asked if code not in answers]
            if missing:
                sys.exit("These questions have no answer yet; nothing was sent:\n" + "\n".join(missing))
            # If-Match: a colleague who answers at the same time is not overwritten (412)
            saved = told(api.put(path, json={"answers": answers}, headers={"If-Match": response.headers["ETag"]}))
            key = {"Idempotency-Key": str(uuid4())}
            response = told(api.post(f"{path}/submit", headers={"If-Match": saved.headers["ETag"], **key}))
        print(f"Submitted on {response.json()['submitted_on']}")
        for category, reached in sorted(response.json()["scores"].items()):
            print(f"  {category}: {reached['score']}")


if __name__ == "__main__":
    main(Path(sys.argv[1])) if sys.argv[1:] else sys.exit(__doc__)
