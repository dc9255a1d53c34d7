"""How much is tried: a little in `make test`, much more in `make security`."""

import os
import random
from collections.abc import Sequence
from typing import TypeVar

EXAMPLES = int(os.environ.get("SECURITY_EXAMPLES", "1"))
"""Examples that schemathesis makes of each kind for each operation."""
SEED = int(os.environ.get("SECURITY_SEED", "7"))
"""The same seed tries the same again."""
SHORT = EXAMPLES < 10
SHARE = 6

Attack = TypeVar("Attack")


def chosen(attacks: Sequence[Attack], *, of: str) -> Sequence[Attack]:
    """All of them, or in the short form one in six, others for each operation."""
    if not SHORT:
        return attacks
    return random.Random(f"{SEED} {of}").sample(attacks, -(-len(attacks) // SHARE))
