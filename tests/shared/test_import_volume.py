"""Files as long as they may be."""

from collections.abc import Iterator

from services.registry.service.imports import KINDS
from shared.imports.files import CSV, MOST_ROWS, ImportedFile
from shared.imports.mappings import Reading
from tests.stage import Stage

MANY = 25_000
"""More than a batch, a chunk of the file, or a page of anything holds; `make bench` takes in a hundred thousand."""


def suppliers(count: int) -> Iterator[str]:
    yield "code,name,country,status,supply_tier,duns\n"
    for n in range(count):
        yield f"S{n:06},Supplier {n} Co.,TW,active,{n % 3 + 1},{n:09}\n"


async def test_a_file_of_many_batches_is_taken_in_to_its_last_line(stage: Stage) -> None:
    run = await stage.import_file("registry", "suppliers", "".join(suppliers(MANY)))
    assert (run["status"], run["total"], run["succeeded"], run["failed"]) == ("succeeded", MANY, MANY, 0)
    counts = await stage.psql(
        "registry",
        "SELECT (SELECT count(*) FROM supplier) AS suppliers, (SELECT count(*) FROM feed_event) AS events,"
        " (SELECT count(*) FROM supplier_identifier) AS identifiers, (SELECT count(*) FROM import_chunk) AS chunks",
    )
    assert dict(counts[0]) == {"suppliers": MANY, "events": MANY, "identifiers": MANY, "chunks": 0}


def test_two_hundred_thousand_lines_may_be_in_a_file() -> None:
    file = ImportedFile(KINDS[0], CSV, Reading(), "".join(suppliers(MOST_ROWS)).encode())
    assert file.count() == MOST_ROWS == 200_000


async def test_one_line_more_than_the_most_fails_as_a_whole_and_says_what_to_do(stage: Stage) -> None:
    run = await stage.import_file(
        "registry", "suppliers", "code,name\n" + "".join(f"S{n},N\n" for n in range(MOST_ROWS + 1))
    )
    assert run["status"] == "failed"
    assert run["error"] == "The file has 200001 rows; the most is 200000. Split it."
    assert (await stage.psql("registry", "SELECT count(*) FROM supplier"))[0]["count"] == 0
