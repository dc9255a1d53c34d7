"""A quarter's end whose review is to be reported."""

import pytest

from tests.scoring.business.quarter_end import QuarterEnd
from tests.stage import Stage


@pytest.fixture
def quarter_end(stage: Stage) -> QuarterEnd:
    return QuarterEnd(stage)
