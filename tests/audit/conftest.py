"""What the audit tests ask for besides the stage."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.storage import Storage, open_store
from tests.audit import programme
from tests.audit.evidence import holding
from tests.object_store import object_store, open_bucket
from tests.stage import Stage


@pytest.fixture(scope="session")
def sample_folder() -> Path:
    return Path(__file__).resolve().parents[2] / "local" / "sample"


@pytest.fixture(scope="session")
def bucket_endpoint() -> Iterator[str]:
    with object_store() as address:
        yield address


@pytest.fixture
def store(request: pytest.FixtureRequest, stage: Stage, tmp_path: Path) -> Iterator[Storage]:
    """An empty store, held by the audit service."""
    in_bucket = getattr(request, "param", "folder") == "s3"
    empty = open_bucket(request.getfixturevalue("bucket_endpoint")) if in_bucket else open_store(tmp_path.as_uri())
    with holding(stage, empty):
        yield empty


@pytest.fixture
async def finding(stage: Stage) -> dict[str, Any]:
    await programme.add_supplier(stage)
    return await programme.add_finding(stage, await programme.add_audit(stage))
