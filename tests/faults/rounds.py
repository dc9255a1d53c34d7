"""How long the tests of faults run, and by which seed: FAULTS_ROUNDS, FAULTS_EXAMPLES, FAULTS_SEED."""

import os
import random
import sys

ROUNDS = int(os.environ.get("FAULTS_ROUNDS", "1"))
"""How often each fault comes; 1 is the short form."""
EXAMPLES = int(os.environ.get("FAULTS_EXAMPLES", "0"))
"""How many stories the state machine tells; 0 is the short form."""
SEED = int(os.environ.get("FAULTS_SEED", "1"))


def seeded(name: str) -> random.Random:
    """Chance for one test, the same for the same seed; a test that fails shows it."""
    sys.stdout.write(f"FAULTS_SEED={SEED}\n")
    return random.Random(f"{SEED} {name}")
