"""How much is tried: a little in `make test`, much more in `make faults`; the same seed tries the same again.

`FAULTS_KILLS` processes die in the storm, and the rest of the suite grows with it; `FAULTS_SEED` chooses which and
when. Every part names its seed in the table at the end.
"""

import os
import random

SHORT_KILLS = 6
KILLS = int(os.environ.get("FAULTS_KILLS") or SHORT_KILLS)
SHORT = KILLS < 50
SEED = int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(10**6))


def chance(of: str) -> random.Random:
    """The random choices of one part of the suite, which are not others because another part asked for more."""
    return random.Random(f"{SEED} {of}")
