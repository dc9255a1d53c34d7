"""What a failure of the database means for the work that met it."""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

QUERY_CANCELED = "57014"  # as where a statement takes too long
# Connection lost, let in no more (a password is being changed), rolled back for another's sake, out of resources, lock
# not available, stopped by an operator.
PASSING_CLASSES = ("08", "28", "40", "53", "55", "57")


def is_passing(error: Exception) -> bool:
    """Whether the database failed for a reason that the same work, done again, need not meet."""
    if isinstance(error, PoolTimeoutError | OSError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = str(getattr(error.orig, "sqlstate", "") or "")
    return error.connection_invalidated or not state or state.startswith(PASSING_CLASSES)


def may_have_committed(error: Exception) -> bool:
    """Whether the connection was lost on the way, perhaps after a commit whose success could not be told any more."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or not getattr(error.orig, "sqlstate", None)
    return isinstance(error, ConnectionResetError | BrokenPipeError)


def is_outage(error: Exception) -> bool:
    """Whether the database, and not the work, is to blame: the same work in smaller parts would fare no better."""
    return is_passing(error) and getattr(getattr(error, "orig", None), "sqlstate", None) != QUERY_CANCELED
