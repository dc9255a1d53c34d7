"""Findings that are posted without a pause while containers are killed, and whether each of them counts."""

import secrets
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from bellwether.api import Api
from bellwether.errors import OperationFailed

PAUSE_SECONDS = 0.05


class Load(AbstractContextManager["Load"]):
    """Posts a finding every few hundredths of a second until the end of its block."""

    def __init__(self, api: Api, supplier_ids: Sequence[str]) -> None:
        """`api` repeats what is not answered, under the same key: nothing is posted twice."""
        self._api, self._supplier_ids = api, supplier_ids
        self._name = secrets.token_hex(4)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._post_all)
        self.posted: dict[str, str] = {}
        self.failed: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _post_all(self) -> None:
        discovered = (datetime.now(UTC).date() - timedelta(days=10)).isoformat()
        number = 0
        while not self._stop.wait(PAUSE_SECONDS):
            supplier_id = self._supplier_ids[number % len(self._supplier_ids)]
            body = {
                "supplier_id": supplier_id, "finding_ref": f"load-{self._name}-{number}", "standard": "RBA",
                "code_version": "8.0", "provision": "A3", "severity": "minor", "discovered_on": discovered,
            }  # fmt: skip
            number += 1
            try:
                self.posted[self._api.post("audit", "/v1/findings", body).json()["id"]] = supplier_id
            except OperationFailed as error:
                self.failed.append(str(error))


def missing(api: Api, load: Load) -> list[str]:
    """Findings that were answered with 201 and do not count in their supplier's score."""
    counted: set[str] = set()
    for supplier_id in set(load.posted.values()):
        explanation: dict[str, Any] = api.get("scoring", f"/v1/scores/{supplier_id}/explanation")
        counted |= {finding["id"] for finding in explanation["findings"]}
    return sorted(load.posted.keys() - counted)
