"""Slow and outgoing work as rows with a lease: done by a worker, repeated when one dies, visible when it fails."""

from shared.tasks.leasing import GIVEN_UP, GiveUp, Handler, Later, Lease, LeaseLost, run_due
from shared.tasks.stopping import to_its_end
from shared.tasks.tables import enqueue, metadata

__all__ = [
    "GIVEN_UP",
    "GiveUp",
    "Handler",
    "Later",
    "Lease",
    "LeaseLost",
    "enqueue",
    "metadata",
    "run_due",
    "to_its_end",
]
