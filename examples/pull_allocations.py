"""An ERP's side of order allocation: keeps what is approved in a database of its own.

    python examples/pull_allocations.py          # goes on for ever
    python examples/pull_allocations.py --once   # until there is nothing new

Needs Python 3.11 and httpx. From the environment: SCORING_URL (http://127.0.0.1:8004), CLIENT_FILE (.run/client.json:
token_url, client_id, client_secret of a client with scoring:read), ERP_DATABASE (erp.sqlite3), POLL_SECONDS (5) and
PAGE_SIZE (200).

It may be killed at any moment. What an answer brings and how far it reaches are written in one transaction: a page is
taken in together with its position, or asked for again. `received` would refuse to take anything in twice.
"""

import json
import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import httpx

TABLES = """
CREATE TABLE IF NOT EXISTS position (one INTEGER PRIMARY KEY CHECK (one = 1), after INTEGER, epoch TEXT, etag TEXT);
CREATE TABLE IF NOT EXISTS received (id TEXT, version INTEGER, PRIMARY KEY (id, version));
CREATE TABLE IF NOT EXISTS allocation (quarter TEXT, commodity TEXT, id TEXT, version INTEGER, valid_from TEXT,
    valid_to TEXT, PRIMARY KEY (quarter, commodity));
CREATE TABLE IF NOT EXISTS share (quarter TEXT, commodity TEXT, supplier_code TEXT, share REAL,
    PRIMARY KEY (quarter, commodity, supplier_code));
INSERT OR IGNORE INTO position VALUES (1, 0, NULL, NULL);
"""


class Bellwether:
    """The API, with a token that is renewed when it has run out."""

    def __init__(self) -> None:
        """Read the credentials; whoever they belong to is asked for a token later."""
        self.credentials = json.loads(Path(os.environ.get("CLIENT_FILE", ".run/client.json")).read_text("utf-8"))
        self.http = httpx.Client(base_url=os.environ.get("SCORING_URL", "http://127.0.0.1:8004"), timeout=30)

    def get(self, params: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        """The answer, as soon as somebody answers; HTTPStatusError for one that waiting would not mend."""
        renewed = False
        while True:
            try:
                answer = self.http.get("/v1/allocations", params=params, headers=headers)
                if answer.status_code == httpx.codes.UNAUTHORIZED and not renewed:
                    self.renew_token()
                    renewed = True
                    continue
                if answer.status_code in (httpx.codes.NOT_MODIFIED, httpx.codes.GONE):
                    return answer
                return answer.raise_for_status()
            except (httpx.TransportError, httpx.HTTPStatusError) as error:
                if isinstance(error, httpx.HTTPStatusError) and not error.response.is_server_error:
                    raise
                print(f"Waiting: {error}", file=sys.stderr)
            time.sleep(1)

    def renew_token(self) -> None:
        """Exchange the client's credentials for a new token."""
        pair = (self.credentials["client_id"], self.credentials["client_secret"])
        answer = httpx.post(self.credentials["token_url"], data={"grant_type": "client_credentials"}, auth=pair)
        self.http.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"


def pull(api: Bellwether, erp: sqlite3.Connection) -> bool:
    """Take one page in; returns whether there may be more."""
    after, epoch, etag = erp.execute("SELECT after, epoch, etag FROM position").fetchone()
    params = {"status": "approved", "after": after, "limit": os.environ.get("PAGE_SIZE", "200")}
    answer = api.get(params | ({"epoch": epoch} if epoch else {}), {"If-None-Match": etag} if etag else {})
    if answer.status_code == httpx.codes.NOT_MODIFIED:
        return False
    with erp:  # one transaction: all of it, or nothing
        if answer.status_code == httpx.codes.GONE:  # restored from a backup: read everything again
            erp.execute("DELETE FROM received")
            erp.execute("UPDATE position SET after = 0, epoch = NULL, etag = NULL")
            return True
        page = answer.json()
        for item in page["items"]:
            key = (item["qbr_quarter"], item["commodity"])
            erp.execute("INSERT INTO received VALUES (?, ?)", (item["id"], item["version"]))
            held = (*key, item["id"], item["version"], item["valid_from"], item["valid_to"])
            erp.execute("INSERT OR REPLACE INTO allocation VALUES (?, ?, ?, ?, ?, ?)", held)
            erp.execute("DELETE FROM share WHERE quarter = ? AND commodity = ?", key)
            shares = [(*key, line["supplier_code"], line["share"]) for line in item["lines"]]
            erp.executemany("INSERT INTO share VALUES (?, ?, ?, ?)", shares)
        moved = page["next_after"] != after
        tag = None if moved else answer.headers["ETag"]  # of this address, which is asked again only if it stays
        erp.execute("UPDATE position SET after = ?, epoch = ?, etag = ?", (page["next_after"], page["epoch"], tag))
    print(f"{len(page['items'])} allocations up to {page['next_after']}")
    return moved


def main() -> None:
    """Pull until told to stop."""
    api, erp = Bellwether(), sqlite3.connect(os.environ.get("ERP_DATABASE", "erp.sqlite3"))
    erp.executescript(TABLES)
    while True:
        if not pull(api, erp):
            if "--once" in sys.argv[1:]:
                return
            time.sleep(float(os.environ.get("POLL_SECONDS", "5")))


if __name__ == "__main__":
    main()
