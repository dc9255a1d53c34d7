"""Which services have a history, and which tables each one's models declare."""

import importlib
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

SERVICES = ("registry", "audit", "engagement", "scoring")


def tables_of(service: str) -> list[MetaData]:
    """What the code expects to find in the service's schema."""
    models = importlib.import_module(f"services.{service}.models")
    return list(models.TABLES)


def config_for(service: str, url: str = "") -> Config:
    """Alembic's configuration for the history of one service, in its own schema."""
    here = Path(__file__).parent
    config = Config()
    config.set_main_option("script_location", str(here))
    config.set_main_option("version_locations", str(here / "versions" / service))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["service"] = service
    config.attributes["url"] = url
    return config


def next_number(config: Config) -> str:
    """The number of a history's next step: 0001, 0002, ..."""
    head = ScriptDirectory.from_config(config).get_current_head()
    return f"{int(head or 0) + 1:04}"
