"""Slow and outgoing work as rows with a lease: done by a worker, repeated when one dies, visible when it fails."""

from shared.tasks.leasing import Later, Lease, LeaseLost
from shared.tasks.tables import enqueue, metadata

__all__ = ["Later", "Lease", "LeaseLost", "enqueue", "metadata"]
