"""Pushes an audit with its findings, as an auditor's system would; whatever breaks on the way, each is there once.

    python examples/push_audits.py examples/data/audit-2026-07.json

Needs audit:write and audit:read, scoring:read for the score at the end, and what connection.py needs. A POST whose
answer was lost is sent again under the same Idempotency-Key and answered as it was the first time. Keys are kept for
72 hours; after that the audit's own reference says that it is there.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from connection import ClientCredentials, connect, told

TAKEN = "/reference-taken"


def push(api: httpx.Client, path: str, body: dict[str, Any], reference: str, listed_at: str) -> dict[str, Any]:
    """Create a resource once, or find it by its reference."""
    answer = api.post(path, json=body, headers={"Idempotency-Key": f"push {reference}"})
    if answer.status_code == httpx.codes.CONFLICT and answer.json()["type"].endswith(TAKEN):
        name = "finding_ref" if "finding_ref" in body else "audit_ref"
        (known,) = told(api.get(listed_at, params={name: reference})).json()["items"]
        return dict(known)
    return dict(told(answer).json())


def main(file: Path) -> None:
    """Push the file, then show what has become of the supplier's score."""
    report = json.loads(file.read_text("utf-8"))
    auth = ClientCredentials()
    with connect("audit", auth) as api, connect("scoring", auth) as scoring:
        reference = report["audit"]["audit_ref"]
        audit = push(api, "/v1/audits", report["audit"], reference, "/v1/audits")
        for number, finding in enumerate(report["findings"], start=1):
            body = {
                **finding,
                "finding_ref": f"{reference}#{number}",
                "code_version": "8.0",
                "discovered_on": report["audit"]["conducted_on"],
            }
            known = push(api, f"/v1/audits/{audit['id']}/findings", body, body["finding_ref"], "/v1/findings")
            print(f"{known['finding_ref']}: {known['severity']}, due on {known['due_on']}")
        while not told(scoring.get("/v1/freshness")).json()["fresh"]:
            time.sleep(0.2)
        score = told(scoring.get(f"/v1/scores/{audit['supplier_id']}")).json()
        print(f"{score['supplier_code']}: {score['score']}, risk tier {score['risk_tier']}")
        for reason in score["tier_reasons"]:
            print(f"  {reason}")


if __name__ == "__main__":
    main(Path(sys.argv[1])) if sys.argv[1:] else sys.exit(__doc__)
