"""How much is tried: a little in `make test`, much more in `make faults`; the same seed tries the same again.

`FAULTS_KILLS` processes die in the storm, and the rest of the suite grows with it; `FAULTS_SEED` chooses what dies
and breaks, and when. The table at the end names the seed. The short form has the same one each time, since whether a
change may land must not be a matter of luck; the long form has another one in each run.
"""

import os
import random
from collections.abc import Sequence
from typing import TypeVar

SHORT_KILLS = 4
KILLS = int(os.environ.get("FAULTS_KILLS") or SHORT_KILLS)
SHORT = KILLS < 50
ROUNDS = 1 if SHORT else KILLS // 20
"""How often each fault comes."""
STORIES = 2 if SHORT else KILLS // 3
"""How many the state machine tells."""
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID")
"""What the processes of one run have in common: they all must choose the same."""
SEED = int(os.environ.get("FAULTS_SEED") or (2026 if SHORT else random.Random(RUN).randrange(10**6)))  # no secret

Item = TypeVar("Item")


def seeded(of: str) -> random.Random:
    """The random choices of one part of the suite, which are not others because another part asked for more."""
    return random.Random(f"{SEED} {of}")


def chosen(all_of_them: Sequence[Item], *, of: str, short: int) -> list[Item]:
    """All of them, or in the short form so many, others with each seed."""
    return list(all_of_them) if not SHORT else seeded(of).sample(list(all_of_them), short)
