"""Receives webhooks: verifies each, keeps each once, answers at once, works on them afterwards.

    pip install standardwebhooks
    WEBHOOK_SECRET=whsec_... python examples/receive_webhooks.py     # listens on 127.0.0.1:9000

WEBHOOK_SECRET is what the webhook's creation answered, once. Also from the environment: PORT (9000) and INBOX_DATABASE
(inbox.sqlite3). Put TLS in front of it: webhooks go to https, but for networks that the operator allows.
"""

import json
import os
import sqlite3
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

DATABASE = os.environ.get("INBOX_DATABASE", "inbox.sqlite3")
LARGEST = 1_000_000
TABLES = """
CREATE TABLE IF NOT EXISTS message (webhook_id TEXT PRIMARY KEY, body TEXT, done INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS latest (type TEXT, id TEXT, version INTEGER, data TEXT, PRIMARY KEY (type, id));
"""
arrived = threading.Event()


class Receiver(BaseHTTPRequestHandler):
    """Takes a message in: nothing but what must be done before the sender may forget it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """204 once it is stored; 400 for what is not from Bellwether. Anything else makes Bellwether try again."""
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(min(length, LARGEST))
        try:  # over the very bytes that came, and within five minutes of their timestamp
            Webhook(os.environ["WEBHOOK_SECRET"]).verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):
            status = 400
        else:
            with closing(sqlite3.connect(DATABASE)) as inbox, inbox:  # the same message may come twice
                row = (self.headers["webhook-id"], body.decode())
                inbox.execute("INSERT OR IGNORE INTO message (webhook_id, body) VALUES (?, ?)", row)
            status = 204
            arrived.set()
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def work() -> None:
    """Work on what was stored, also before this process was last killed."""
    with closing(sqlite3.connect(DATABASE)) as inbox:
        while True:
            arrived.clear()
            query = "SELECT webhook_id, body FROM message WHERE NOT done ORDER BY rowid"
            for webhook_id, body in inbox.execute(query).fetchall():
                event = json.loads(body)
                with inbox:  # what the message does and that it is done: one transaction
                    if "version" in event["data"]:  # messages come in any order: an older state changes nothing
                        row = (event["type"], event["data"]["id"], event["data"]["version"], json.dumps(event["data"]))
                        inbox.execute(
                            "INSERT INTO latest VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
                            " SET version = excluded.version, data = excluded.data WHERE excluded.version > version",
                            row,
                        )
                    inbox.execute("UPDATE message SET done = 1 WHERE webhook_id = ?", (webhook_id,))
                print(f"{event['timestamp']} {event['type']}", flush=True)
            arrived.wait()


if __name__ == "__main__":
    with closing(sqlite3.connect(DATABASE)) as made:
        made.executescript(TABLES)
    threading.Thread(target=work, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver).serve_forever()
