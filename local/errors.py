"""What ends a one-machine run with a message for the reader, never with a traceback."""

from bellwether.errors import OperationFailed


class LocalError(OperationFailed):
    """Says what is wrong and what to do about it."""
