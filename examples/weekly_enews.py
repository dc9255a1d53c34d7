"""Drafts the week's eNews from a file, shows who would get it, and sends it once somebody says so.

    python examples/weekly_enews.py examples/data/enews.json           # drafts, or mends the draft, and shows it
    python examples/weekly_enews.py examples/data/enews.json --send    # the same, then sends it

Needs engagement:read and engagement:write, and what connection.py needs. Run it from cron as often as you like: an
issue bears the name of its week, and one that was sent is not sent again.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from connection import ClientCredentials, connect, told


def find_issue(api: httpx.Client, reference: str) -> str | None:
    """Where the week's issue is, if there is one."""
    found = told(api.get("/v1/newsletters", params={"newsletter_ref": reference})).json()["items"]
    return f"/v1/newsletters/{found[0]['id']}" if found else None


def draft(api: httpx.Client, reference: str, content: dict[str, Any]) -> httpx.Response:
    """The week's issue as the file has it; one that is on its way stays as it is."""
    path = find_issue(api, reference)
    if path is None:
        key = {"Idempotency-Key": str(uuid4())}
        made = told(api.post("/v1/newsletters", json={**content, "newsletter_ref": reference}, headers=key))
        return told(api.get(f"/v1/newsletters/{made.json()['id']}"))
    issue = told(api.get(path))
    if issue.json()["status"] == "draft":
        issue = told(api.patch(path, json=content, headers={"If-Match": issue.headers["ETag"]}))
    return issue


def main(file: Path, *, send: bool) -> None:
    """Draft, show, send."""
    year, week, _ = datetime.now(UTC).isocalendar()
    reference = f"enews-{year}-W{week:02d}"
    with connect("engagement", ClientCredentials()) as api:
        issue = draft(api, reference, json.loads(file.read_text("utf-8")))
        path = f"/v1/newsletters/{issue.json()['id']}"
        if issue.json()["status"] == "draft":
            preview = told(api.post(f"{path}/preview")).json()
            print(f"{reference}: {preview['recipients']} people, by language {preview['by_language']}")
            print(f"left out: {preview['left_out']}")
            for text in preview["rendered"]:
                print(f"--- {text['language']}: {text['subject']}\n{text['text']}")
            if send:  # If-Match: what goes out is what was just shown
                key = {"Idempotency-Key": str(uuid4())}
                told(api.post(f"{path}/send", headers={"If-Match": issue.headers["ETag"], **key}))
        state = told(api.get(path)).json()
        print(f"{reference} is {state['status']}; mails: {told(api.get(f'{path}/deliveries/counts')).json()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), send="--send" in sys.argv[2:]) if sys.argv[1:] else sys.exit(__doc__)
