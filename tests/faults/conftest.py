"""What the fault suite asks for besides the servers."""

import pytest

from tests.tried import Tried, noting


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Tried:
    """Notes what was tried, for the table at the end."""
    return noting(request.node)
