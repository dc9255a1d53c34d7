"""The lines on which a process dies: for each promise where a line matters, one before it and one behind it."""

from dataclasses import asdict, dataclass
from typing import Literal

AUDIT, AUDIT_WORKER = "services.audit.main", "services.audit.worker"
SCORES, TASKS = "services.scoring.worker scores", "services.scoring.worker tasks"
Act = Literal["post", "import", "recalculate", "score"]
IMPORT: Act = "import"
RECALCULATE: Act = "recalculate"
SCORE: Act = "score"
"""A first score, of which webhooks are told for sure."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where to die, and what brings a process there.

    `kept` is whether the write is there although nobody was told so; None where none is under way.
    """

    name: str
    process: str
    module: str
    function: str
    where: Literal["before", "after"]
    statement: str
    act: Act = "post"
    kept: bool | None = None

    def as_given(self) -> dict[str, str]:
        """As the start-up module reads it."""
        told = asdict(self)
        return {name: told[name] for name in ("name", "process", "module", "function", "where", "statement")}


ROUTE, WRITING, NUMBERING = "shared.web.route", "shared.web.transaction", "shared.feed.reading"
FOLLOWING, SCORING = "shared.feed.following", "services.scoring.service.scoring"
RECALCULATING = "services.scoring.service.recalculating"
LEASING, IMPORTING = "shared.tasks.leasing", "shared.imports.running"
FAN_OUT, DELIVERING = "services.scoring.service.webhook.fan_out", "services.scoring.service.webhook.delivering"
COMMIT, RING = "await session.commit()", "resources.ring("
KEEP, NOTE = "await idempotency.keep(", "await _note(session, run, batch"
CLEAR, FINISH = "await scores.clear_dirty(", "await repository.finish_chunk("
DELIVER = "await deliveries.add_deliveries("
START, POST = "await _start(session", "answer = await self._client.post("

BETWEEN_BATCHES = Point(
    "between two batches", AUDIT_WORKER, IMPORTING, "run_import", "before", "_count(resources", IMPORT
)

POINTS = (
    Point("written, its answer not kept", AUDIT, ROUTE, "handle_around", "before", KEEP, kept=False),
    Point("answer kept, not committed", AUDIT, ROUTE, "handle_around", "after", KEEP, kept=False),
    Point("before the commit", AUDIT, WRITING, "open_transaction", "before", COMMIT, kept=False),
    Point("committed, nobody rung", AUDIT, WRITING, "open_transaction", "before", RING, kept=True),
    Point("rung, not answered", AUDIT, WRITING, "open_transaction", "after", RING, kept=True),
    Point("numbered, not committed", AUDIT, NUMBERING, "read_head", "after", "await number_committed("),
    Point("numbers committed, page not read", AUDIT, NUMBERING, "read_head", "after", COMMIT),
    Point("cursor moved, nothing applied", SCORES, FOLLOWING, "_take_in", "after", "await move_cursor("),
    Point("applied, not committed", SCORES, FOLLOWING, "_take_in", "after", "await self._apply("),
    Point("taken in, nobody scored", SCORES, "services.scoring.worker", "_take_in", "before", "await self.drain()"),
    Point("scored, marks still there", SCORES, SCORING, "_drain", "before", CLEAR),
    Point("marks taken, not committed", SCORES, SCORING, "_drain", "after", CLEAR),
    Point("scores committed, not told", SCORES, SCORING, "_drain", "before", "_tell(news)"),
    Point("recalculation cut up, not committed", SCORES, RECALCULATING, "start_or_finish", "after", START, RECALCULATE),
    Point("chunk scored, not finished", SCORES, RECALCULATING, "do_chunk", "before", FINISH, RECALCULATE),
    Point("chunk finished, not committed", SCORES, RECALCULATING, "do_chunk", "after", FINISH, RECALCULATE),
    Point("claimed, not begun", AUDIT_WORKER, LEASING, "_try", "before", "try:", IMPORT),
    Point("batch taken in, not noted", AUDIT_WORKER, IMPORTING, "run_import", "before", NOTE, IMPORT),
    Point("batch noted, not committed", AUDIT_WORKER, IMPORTING, "run_import", "after", NOTE, IMPORT),
    BETWEEN_BATCHES,
    Point("deliveries made, place not moved", TASKS, FAN_OUT, "_go_on", "after", DELIVER, SCORE),
    Point("delivery leased, not sent", TASKS, DELIVERING, "_attempt", "before", POST, SCORE),
    Point("delivery sent, not noted", TASKS, DELIVERING, "_attempt", "after", POST, SCORE),
)
