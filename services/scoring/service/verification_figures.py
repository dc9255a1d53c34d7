"""What verifications found, as figures for Prometheus; read from the table, so that every process tells the same."""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.scoring.repository import verifications as repository
from shared.db import Database


class VerificationFigures(Collector):
    """How many scores were checked and drifted, over all verifications, and when the last one succeeded."""

    def __init__(self) -> None:
        """Nothing is known before the first look."""
        self._checked = self._drifted = self._last = 0.0
        self._is_known = False

    async def refresh(self, database: Database) -> None:
        """Look into the table."""
        async with database.snapshot() as session:
            found = await repository.read_figures(session)
        self._checked, self._drifted = float(found.checked), float(found.drifted)
        self._last = 0.0 if found.last is None else found.last.timestamp()
        self._is_known = True

    def collect(self) -> Iterator[Metric]:
        """The figures as they were at the last look."""
        if not self._is_known:
            return
        yield CounterMetricFamily(
            "bellwether_score_drift",
            "Stored scores that came out otherwise when recomputed; must stay 0",
            self._drifted,
        )
        yield CounterMetricFamily(
            "bellwether_score_checked", "Stored scores recomputed from the evidence", self._checked
        )
        yield GaugeMetricFamily(
            "bellwether_score_verified_timestamp_seconds",
            "When a verification last came to its end; 0 where none has",
            self._last,
        )


FIGURES = VerificationFigures()
REGISTRY.register(FIGURES)
