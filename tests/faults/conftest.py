"""What the fault suite asks for besides the servers."""

from collections.abc import Callable

import pytest

from tests.faults.extent import SEED
from tests.tried import Tried, noting


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Tried:
    """Notes what was tried, for the table at the end."""
    return noting(request.node)


@pytest.fixture(autouse=True)
def told_seed(record_property: Callable[[str, object], None]) -> None:
    """Has the table at the end name the seed; every test of a run has the same."""
    record_property("seed", f"FAULTS_SEED={SEED}")
