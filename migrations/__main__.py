"""`python -m migrations SERVICE MESSAGE`: writes the step from the schema to the models (MIGRATION_DATABASE_URL)."""

import argparse
import os

from alembic import command

from migrations.histories import SERVICES, config_for, next_number


def main() -> None:
    """Write the draft of a migration; `bellwether migrate` applies it."""
    parser = argparse.ArgumentParser(prog="python -m migrations", description=__doc__)
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("message")
    given = parser.parse_args()
    config = config_for(given.service, os.environ["MIGRATION_DATABASE_URL"])
    command.revision(config, given.message, autogenerate=True, rev_id=next_number(config))


if __name__ == "__main__":
    main()
