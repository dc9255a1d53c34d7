"""An ERP's side of order allocation: keeps what is approved in a database of its own.

    python examples/pull_allocations.py          # goes on for ever
    python examples/pull_allocations.py --once   # until there is nothing new

Besides what connection.py needs (a client with scoring:read): ERP_DATABASE (erp.sqlite3), POLL_SECONDS (5), PAGE_SIZE
(200), and SAP_SYSTEM: with SAP-P10, say, the quota arrangements of that system's materials are kept too.

It may be killed at any moment. What an answer brings and how far it reaches are written in one transaction: a page is
taken in together with its position, or asked for again. `received` would refuse to take anything in twice.
"""

import json
import os
import sqlite3
import sys
import time
from typing import Any

import httpx
from connection import ClientCredentials, connect, told

SAP = "application/vnd.sap.quota-arrangement+json"
SYSTEM = os.environ.get("SAP_SYSTEM")
TABLES = """
CREATE TABLE IF NOT EXISTS position (one INTEGER PRIMARY KEY CHECK (one = 1), after INTEGER, epoch TEXT, etag TEXT);
CREATE TABLE IF NOT EXISTS received (id TEXT, version INTEGER, PRIMARY KEY (id, version));
CREATE TABLE IF NOT EXISTS allocation (quarter TEXT, commodity TEXT, id TEXT, version INTEGER, valid_from TEXT,
    valid_to TEXT, PRIMARY KEY (quarter, commodity));
CREATE TABLE IF NOT EXISTS share (quarter TEXT, commodity TEXT, supplier_code TEXT, share REAL,
    PRIMARY KEY (quarter, commodity, supplier_code));
CREATE TABLE IF NOT EXISTS quota (quarter TEXT, commodity TEXT, material TEXT, plant TEXT, arrangement TEXT,
    PRIMARY KEY (quarter, commodity, material, plant));
INSERT OR IGNORE INTO position VALUES (1, 0, NULL, NULL);
"""


def pull(api: httpx.Client, erp: sqlite3.Connection) -> bool:
    """Take one page in; returns whether there may be more."""
    after, epoch, etag = erp.execute("SELECT after, epoch, etag FROM position").fetchone()
    params = {"status": "approved", "after": after, "limit": os.environ.get("PAGE_SIZE", "200")}
    headers = {"If-None-Match": etag} if etag else {}
    answer = api.get("/v1/allocations", params=params | ({"epoch": epoch} if epoch else {}), headers=headers)
    if answer.status_code == httpx.codes.NOT_MODIFIED:
        return False
    if answer.status_code == httpx.codes.GONE:  # restored from a backup: read everything again
        with erp:
            erp.execute("DELETE FROM received")
            erp.execute("UPDATE position SET after = 0, epoch = NULL, etag = NULL")
        return True
    page = told(answer).json()
    arrangements = {item["id"]: ask_for_quotas(api, item["id"]) for item in page["items"]} if SYSTEM else {}
    moved = page["next_after"] != after
    tag = None if moved else answer.headers["ETag"]  # of this address, which is asked again only if it stays
    with erp:  # one transaction: all of it, or nothing
        for item in page["items"]:
            take_in(erp, item, arrangements.get(item["id"], []))
        erp.execute("UPDATE position SET after = ?, epoch = ?, etag = ?", (page["next_after"], page["epoch"], tag))
    print(f"{len(page['items'])} allocations up to {page['next_after']}")
    return moved


def ask_for_quotas(api: httpx.Client, allocation_id: str) -> list[dict[str, Any]]:
    """The allocation in SAP's own fields; a material or vendor number that is missing ends the script and is named."""
    answer = api.get(f"/v1/allocations/{allocation_id}", params={"system": SYSTEM}, headers={"Accept": SAP})
    if answer.status_code == httpx.codes.CONFLICT:  # superseded since the page was made: a later page has the successor
        return []
    arrangements: list[dict[str, Any]] = told(answer).json()["items"]
    return arrangements


def take_in(erp: sqlite3.Connection, item: dict[str, Any], arrangements: list[dict[str, Any]]) -> None:
    """Put a decision in the place of the earlier one on the same quarter and commodity."""
    key = (item["qbr_quarter"], item["commodity"])
    erp.execute("INSERT INTO received VALUES (?, ?)", (item["id"], item["version"]))
    held = (*key, item["id"], item["version"], item["valid_from"], item["valid_to"])
    erp.execute("INSERT OR REPLACE INTO allocation VALUES (?, ?, ?, ?, ?, ?)", held)
    erp.execute("DELETE FROM share WHERE quarter = ? AND commodity = ?", key)
    shares = [(*key, line["supplier_code"], line["share"]) for line in item["lines"]]
    erp.executemany("INSERT INTO share VALUES (?, ?, ?, ?)", shares)
    erp.execute("DELETE FROM quota WHERE quarter = ? AND commodity = ?", key)
    quotas = [(*key, each["material"], each["plant"], json.dumps(each)) for each in arrangements]
    erp.executemany("INSERT INTO quota VALUES (?, ?, ?, ?, ?)", quotas)


def main() -> None:
    """Pull until told to stop."""
    erp = sqlite3.connect(os.environ.get("ERP_DATABASE", "erp.sqlite3"))
    erp.executescript(TABLES)
    with connect("scoring", ClientCredentials()) as api:
        while True:
            if not pull(api, erp):
                if "--once" in sys.argv[1:]:
                    return
                time.sleep(float(os.environ.get("POLL_SECONDS", "5")))


if __name__ == "__main__":
    main()
