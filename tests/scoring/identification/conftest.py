"""A year with nobody in it yet."""

import pytest

from tests.scoring.identification.risk_year import RiskYear
from tests.stage import Stage


@pytest.fixture
async def risk_year(stage: Stage) -> RiskYear:
    await stage.settle()
    return RiskYear(stage)
