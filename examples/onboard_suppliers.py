"""Takes suppliers in from another system's file: tried first, and taken in only once every line is right.

    python examples/onboard_suppliers.py examples/data/suppliers-export.csv      # names four faults, takes nothing in
    python examples/onboard_suppliers.py examples/data/suppliers-corrected.csv   # takes all five in

The file is what an old system exports: Chinese columns and values, semicolons, Big5. Needs registry:read and
registry:write, and what connection.py needs. Running it again changes nothing.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from connection import ClientCredentials, connect, told

MAPPING = "/v1/import-mappings/suppliers/old-erp"
AS_EXPORTED = Path(__file__).parent / "data" / "suppliers-mapping.json"  # their columns and values -> ours


def save_mapping(api: httpx.Client) -> None:
    """Say once how such files are read; what was said before is replaced."""
    known = api.get(MAPPING)
    headers = {"If-Match": known.headers["ETag"]} if known.is_success else {}
    told(api.put(MAPPING, json=json.loads(AS_EXPORTED.read_text("utf-8")), headers=headers))


def take_in(api: httpx.Client, file: Path, *, dry_run: bool) -> dict[str, Any]:
    """Hand the file in and wait for what becomes of it."""
    query = {"mapping": "old-erp", "dry_run": str(dry_run).lower()}
    headers = {"Content-Type": "text/csv"}
    run = told(api.post("/v1/imports/suppliers", params=query, content=file.read_bytes(), headers=headers))
    while True:
        state: dict[str, Any] = told(api.get(run.headers["Location"])).json()
        if state["status"] not in ("queued", "running"):
            return state
        time.sleep(0.2)


def main(file: Path) -> None:
    """Try, then take in."""
    with connect("registry", ClientCredentials()) as api:
        save_mapping(api)
        tried = take_in(api, file, dry_run=True)
        if tried["status"] != "succeeded":
            print(tried["error"] or f"{tried['failed']} of {tried['total']} lines are at fault; nothing was taken in:")
            for fault in told(api.get(f"/v1/imports/{tried['id']}/errors", params={"limit": 200})).json()["items"]:
                print(f"  line {fault['line']}, {fault['column']}: {fault['message']}")
            sys.exit(1)
        done = take_in(api, file, dry_run=False)
        print(f"{done['succeeded']} of {done['total']} lines taken in, {done['unchanged']} of them as they were")


if __name__ == "__main__":
    main(Path(sys.argv[1])) if sys.argv[1:] else sys.exit(__doc__)
