"""Bringing a service's schema up to date under load: a step that finds its tables held is tried again."""

import time
from collections.abc import Callable, Sequence

from alembic import command

from migrations.histories import config_for
from migrations.locks import GaveWay

PAUSES_SECONDS = (1, 2, 4, 8, 8, 8, 8, 8, 8)


def upgrade(service: str, url: str, say: Callable[[str], None], pauses: Sequence[float] = PAUSES_SECONDS) -> None:
    """Apply all steps that there are; GaveWay where one did not get its locks in about a minute.

    Steps that were done before that stay done, and calling it again goes on behind them.
    """
    config = config_for(service, url)
    for pause in pauses:
        try:
            return command.upgrade(config, "head")
        except GaveWay as wait:
            say(f"{service}: {wait}; trying again in {pause:g} s")
            config.attributes["vacuum_in_the_way"] = wait.is_to_vacuum
            time.sleep(pause)
    return command.upgrade(config, "head")
