"""Kills, and what else goes wrong between them, at random from a seed."""

import asyncio
import random

from local.stack import WORKERS
from tests.faults.processes.ground import SERVERS, Ground

PAUSES = (0.3, 2.0)
FLUSH_SHARE, HANG_SHARE = 0.15, 0.15
HANG_SECONDS = (0.5, 2.0)


class Storm:
    """So many kills: each process once, in any order, then any of them."""

    def __init__(self, ground: Ground, chance: random.Random, kills: int) -> None:
        self.ground, self.chance = ground, chance
        first = chance.sample(ground.mortals, len(ground.mortals))
        if kills < len(first):  # whatever else dies, the servers do
            first = [*SERVERS, *(name for name in first if name not in SERVERS)]
        self.victims = [*first, *(chance.choice(ground.mortals) for _ in range(kills - len(first)))][:kills]
        chance.shuffle(self.victims)
        self.flushes = 0
        self.hangs = 0

    async def rage(self) -> None:
        for name in self.victims:
            await asyncio.sleep(self.chance.uniform(*PAUSES))
            dice = self.chance.random()
            if dice < FLUSH_SHARE:
                await asyncio.to_thread(self.ground.flush)
                self.flushes += 1
            elif dice < FLUSH_SHARE + HANG_SHARE:
                # Of Valkey: doorbells are lost without a word, nobody refuses them.
                with self.ground.stopped(self.chance.choice(("valkey", *WORKERS))):
                    await asyncio.sleep(self.chance.uniform(*HANG_SECONDS))
                self.hangs += 1
            self.ground.kill(name)
