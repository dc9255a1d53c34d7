"""Files as large as they may be."""

from collections.abc import Iterator

import pytest

from tests.stage import Stage

MOST = 200_000


def suppliers(count: int) -> Iterator[str]:
    yield "code,name,country,status,supply_tier,duns\n"
    for n in range(count):
        yield f"S{n:06},Supplier {n} Co.,TW,active,{n % 3 + 1},{n:09}\n"


@pytest.mark.timeout(300)
async def test_two_hundred_thousand_lines_are_taken_in(stage: Stage) -> None:
    data = "".join(suppliers(MOST))
    run = await stage.import_file("registry", "suppliers", data)
    assert (run["status"], run["total"], run["succeeded"], run["failed"]) == ("succeeded", MOST, MOST, 0)
    counts = await stage.psql(
        "registry",
        "SELECT (SELECT count(*) FROM supplier) AS suppliers, (SELECT count(*) FROM feed_event) AS events,"
        " (SELECT count(*) FROM supplier_identifier) AS identifiers, (SELECT count(*) FROM import_chunk) AS chunks",
    )
    assert dict(counts[0]) == {"suppliers": MOST, "events": MOST, "identifiers": MOST, "chunks": 0}


async def test_one_line_more_than_the_most_fails_as_a_whole_and_says_what_to_do(stage: Stage) -> None:
    run = await stage.import_file(
        "registry", "suppliers", "code,name\n" + "".join(f"S{n},N\n" for n in range(MOST + 1))
    )
    assert run["status"] == "failed"
    assert run["error"] == "The file has 200001 rows; the most is 200000. Split it."
    assert (await stage.psql("registry", "SELECT count(*) FROM supplier"))[0]["count"] == 0
