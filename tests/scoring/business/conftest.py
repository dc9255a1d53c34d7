"""A quarter's end with nobody in it yet."""

import pytest

from tests.scoring.business.quarter_end import QuarterEnd
from tests.stage import Stage


@pytest.fixture
def quarter_end(stage: Stage) -> QuarterEnd:
    return QuarterEnd(stage)
