"""What the audit tests ask for besides the stage."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sample_folder() -> Path:
    return Path(__file__).resolve().parents[2] / "local" / "sample"
