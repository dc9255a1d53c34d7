"""The scoring service's slow work: imports, reviews, allocations, runs, verifications and simulations."""

from services.scoring.service import following, verifications
from services.scoring.service.allocation import allocations
from services.scoring.service.identification import identifications, running
from services.scoring.service.imports import KINDS
from services.scoring.service.report import making
from services.scoring.service.review import reviews
from services.scoring.service.simulation import simulations
from shared.imports.running import TASK_KIND, give_up_import, run_import
from shared.tasks import GiveUp, Handler, Lease, parked_events
from shared.web.resources import Resources

GIVE_UP: dict[str, GiveUp] = {
    TASK_KIND: give_up_import,
    reviews.TASK_KIND: reviews.give_up_review,
    allocations.TASK_KIND: allocations.give_up_run,
    identifications.TASK_KIND: identifications.give_up_identification,
    verifications.TASK_KIND: verifications.give_up_verification,
    simulations.TASK_KIND: simulations.give_up_simulation,
    making.TASK_KIND: making.give_up_report,
}
"""What to do for whoever waits for a task that is not tried again."""


def handlers(resources: Resources) -> dict[str, Handler]:
    """What to do for each kind of task."""
    kinds = {kind.name: kind for kind in KINDS}

    async def import_file(lease: Lease) -> None:
        await run_import(resources, kinds, lease)

    return {
        TASK_KIND: import_file,
        parked_events.TASK_KIND: parked_events.replaying(
            resources.database, following.apply_events, following.note_complete
        ),
        **reviews.task_handlers(resources),
        **allocations.task_handlers(resources),
        **running.task_handlers(resources),
        **verifications.task_handlers(resources),
        **simulations.task_handlers(resources),
        **making.task_handlers(resources),
    }
