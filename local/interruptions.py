"""Turns Ctrl-C, SIGTERM and SIGHUP, and a failure seen by another thread, into one exception in the main thread."""

import _thread
import signal
from types import FrameType

from local.errors import LocalError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody wants this process to end."""

    def __init__(self, number: int) -> None:
        """`number` is the signal that came."""
        super().__init__(signal.Signals(number).name)
        self.number = number


class Interruptions:
    """Raises once: everything after that is tidying up, which a second Ctrl-C does not stop."""

    def __init__(self) -> None:
        """Nothing is handled before `install`."""
        self._failure: str | None = None
        self._raised = False

    def install(self) -> None:
        """Handle the signals from now on; to be called in the main thread."""
        for number in SIGNALS:
            signal.signal(number, self._handle)

    def fail(self, failure: str) -> None:
        """Raise a LocalError in the main thread; to be called from any other."""
        self._failure = failure
        _thread.interrupt_main(signal.SIGTERM)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._raised:
            return
        self._raised = True
        if self._failure is not None:
            raise LocalError(self._failure)
        raise Interrupted(number)
