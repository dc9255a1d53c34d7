"""`bellwether`: API clients, dead letters, recalculation, verification, migrations, restoring."""

import sys
from typing import NoReturn

import typer
from pydantic import ValidationError

from bellwether import clients, database, deadletters, health, recomputing, webhooks
from bellwether.errors import OperationFailed
from shared.errors import BellwetherError

app = typer.Typer(
    name="bellwether",
    help="For those who operate Bellwether.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(clients.app, name="clients")
app.add_typer(deadletters.app, name="dead-letters")
app.add_typer(webhooks.app, name="webhooks")
for command in (health.health, recomputing.recompute, recomputing.verify):
    app.command()(command)
for step in (database.bootstrap, database.migrate, database.restored):
    app.command(rich_help_panel="The database")(step)


def main() -> None:
    """Run a command; what goes wrong is said in a line, with exit code 1."""
    try:
        app()
    except (OperationFailed, BellwetherError) as error:
        _fail(str(error))
    except ValidationError as error:
        _fail("; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()))


def _fail(message: str) -> NoReturn:
    sys.stderr.write(f"Error: {message}\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
