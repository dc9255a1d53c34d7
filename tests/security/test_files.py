"""Files that come in to do harm, and files that go out and must do none."""

import asyncio
import csv
import io
import json
import resource
import struct
import zipfile
import zlib
from typing import Any
from urllib.parse import quote

import pytest
import xlsxwriter

from migrations.histories import SERVICES
from shared.imports.files import XLSX
from shared.sheets import CSV
from tests.security.operations import Operation, guarded
from tests.security.world import World, build_world
from tests.stage import Stage
from tests.tried import Tried

MEBIBYTE = 1024 * 1024
MOST_MEMORY = 256 * MEBIBYTE
IMPORTS = [operation for operation in guarded() if operation.path.startswith("/v1/imports/") and operation.media_types]
FORMULA_STARTS = "=+-@\t\r\n"
ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + '<!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY net SYSTEM "http://127.0.0.1:9/x">]>'
)


def workbook() -> dict[str, bytes]:
    """The parts of a plain workbook."""
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["code", "name"])
    sheet.write_row(1, 0, ["S1", "One"])
    book.close()
    with zipfile.ZipFile(packed) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def lying(parts: dict[str, bytes], bomb: str, mebibytes: int) -> bytes:
    """A workbook whose directory says that the part is small; what is packed goes on and on."""
    out, central = bytearray(), bytearray()
    for name, content in parts.items():
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        body = deflate.compress(content)
        if name == bomb:
            for _ in range(mebibytes):
                body += deflate.compress(b"<si><t>" + b"A" * (MEBIBYTE - 16) + b"</t></si>")
        body += deflate.flush()
        said = (zlib.crc32(content), len(body), len(content), len(name), 0)
        local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 33, *said)
        central += struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 33, *said, 0, 0, 0, 0, len(out))
        central += name.encode()
        out += local + name.encode() + body
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(parts), len(parts), len(central), len(out), 0)
    return bytes(out + central + end)


TOO_LONG, NO_WORKBOOK, TAKEN = " more than ", "cannot be read", '"status": "succeeded"'


def bombs() -> dict[str, tuple[bytes, str]]:
    """By name: workbooks that are small as they come, and what must become of them."""
    parts = workbook()
    strings, sheet, book = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml"
    wide = parts[sheet].replace(b'r="B2"', b'r="XFD1048576"')
    laughs = {
        name: ENTITIES.replace("<!DOCTYPE x", f"<!DOCTYPE {root}").encode()
        + content[content.index(b"?>") + 2 :].replace(b"<t>One</t>", b"<t>&j;&file;&net;</t>")
        for name, root in ((strings, "sst"), (sheet, "worksheet"), (book, "workbook"))
        for content in (parts[name],)
    }
    many = parts[strings].replace(b"</sst>", b"<si><t>A</t></si>" * 2_100_000 + b"</sst>")
    return {
        "a part of 500 MiB": (packed({**parts, "xl/media/x": b"\0" * (500 * MEBIBYTE)}), TOO_LONG),
        "texts of 200 MiB": (packed({**parts, strings: parts[strings] + b"A" * (200 * MEBIBYTE)}), TOO_LONG),
        "two million texts of a letter": (packed({**parts, strings: many}), TOO_LONG),
        "a part that lies about its size": (lying(parts, strings, 600), NO_WORKBOOK),
        "a cell in the last corner": (packed({**parts, sheet: wide}), TOO_LONG),
        "five million cells for one": (
            packed({**parts, sheet: parts[sheet].replace(b'r="B2"', b'r="XFD320"')}),
            TOO_LONG,
        ),
        "entities that multiply and read files": (packed({**parts, **laughs}), NO_WORKBOOK),
        "entities among the strings": (packed({**parts, strings: laughs[strings]}), NO_WORKBOOK),
        "paths out of the archive": (packed({**parts, "../../../../tmp/evil": b"x", "/etc/evil": b"x"}), TAKEN),
        "a zip in a zip": (packed({"inner.zip": packed({"a": b"\0" * (50 * MEBIBYTE)})}), NO_WORKBOOK),
        "many parts": (packed({**parts, **{f"x{n}": b"" for n in range(20_000)}}), TAKEN),
    }


async def test_no_workbook_fills_the_memory_or_reads_what_it_should_not(stage: Stage, tried: Tried) -> None:
    wrong: list[Any] = []
    attacks = bombs()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, (data, becomes) in attacks.items():
        assert len(data) < 3 * MEBIBYTE, name
        run = await take_in(stage, data)
        suppliers = await stage.psql("registry", "SELECT name FROM supplier")
        if becomes not in json.dumps(run) or "root:" in json.dumps([run, *map(str, suppliers)]):
            wrong.append((name, str(run)[:300]))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    tried("bombs as workbooks", operations=1, requests=len(attacks), attacks=len(attacks), failures=len(wrong))
    assert not wrong, "\n".join(map(str, wrong))
    assert grown < MOST_MEMORY, f"{grown / MEBIBYTE:.0f} MiB"


async def take_in(stage: Stage, data: bytes) -> dict[str, Any]:
    """What becomes of a workbook of suppliers: the answer where it is refused, else the run with its errors."""
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/imports/suppliers", content=data, headers={"Content-Type": XLSX})
        if answer.status_code != 202:
            return {"http": int(answer.status_code), **answer.json()}
        await asyncio.wait_for(stage.run_tasks("registry"), 30)
        run: dict[str, Any] = (await client.get(answer.headers["location"])).json()
        run["errors"] = (await client.get(f"{answer.headers['location']}/errors")).json()["items"]
        return run


@pytest.mark.parametrize("service", SERVICES)
async def test_no_import_takes_more_than_its_limit(stage: Stage, tried: Tried, service: str) -> None:
    wrong = []
    asked = [operation for operation in IMPORTS if operation.service == service]
    assert asked
    for operation in asked:
        async with stage.machine(service) as client:
            headers = {"Content-Type": "text/csv", "Content-Length": str(50 * MEBIBYTE + 1)}
            answer = await client.post(operation.path, content=b"x", headers=headers)
        if answer.status_code != 413:
            wrong.append((operation.id, int(answer.status_code)))
    tried(
        "files beyond the limit: 413",
        operations=len(asked),
        requests=len(asked),
        attacks=len(asked),
        failures=len(wrong),
    )
    assert not wrong


def gives_files(media_type: str) -> list[Operation]:
    """Operations that give tables in that type; a file that was handed in is given back as it came."""
    return [
        operation
        for operation in guarded()
        if operation.method == "GET"
        and not operation.path.endswith("/content")
        and media_type in operation.description["responses"].get("200", {}).get("content", {})
    ]


QUERIES = {
    "/v1/statistics/findings": {"group_by": "country"},
    "/v1/statistics/audits": {"group_by": "country"},
}
DANGEROUS = ("=cmd|'calc'!A0", "@SUM(1+1)*cmd|'/C calc'!A0")
"""Code and name of the supplier about which all is told."""


async def test_no_exported_cell_is_a_formula(stage: Stage, tried: Tried) -> None:
    world = await build_world(stage, *DANGEROUS)
    await say_dangerous_things(world)
    wrong: list[Any] = []
    cells = seen = 0
    asked = gives_files(CSV)
    for operation in asked:
        table = await fetch(world, operation, CSV)
        for row in csv.reader(io.StringIO(table.decode("utf-8-sig"))):
            for cell in row:
                cells += 1
                seen += any(dangerous in cell for dangerous in DANGEROUS)
                if cell.startswith(tuple(FORMULA_STARTS)) and not is_number(cell):
                    wrong.append((operation.id, cell))
    as_books = gives_files(XLSX)
    for operation in as_books:
        with zipfile.ZipFile(io.BytesIO(await fetch(world, operation, XLSX))) as archive:
            parts = b"".join(archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/"))
            if b"<f>" in parts or b"<f " in parts or b"<hyperlink" in parts:
                wrong.append((operation.id, "a formula or a link in a workbook"))
    count = len(asked) + len(as_books)
    tried("formulas in exported cells", operations=count, requests=count, attacks=cells, failures=len(wrong))
    assert not wrong, wrong
    assert seen >= 5


async def say_dangerous_things(world: World) -> None:
    for service, statement in (
        ("audit", "UPDATE finding SET description = $1"),
        ("audit", "UPDATE audit SET auditor = $1"),
        ("audit", "UPDATE plan SET root_cause = $1"),
    ):
        await world.stage.psql(service, statement, "+1+cmd|'/C calc'!A0")


async def fetch(world: World, operation: Operation, media_type: str) -> bytes:
    path = operation.path
    for name in operation.path_parameters:
        path = path.replace(f"{{{name}}}", quote(world.value(operation, name), safe=""))
    async with world.stage.machine(operation.service) as client:
        answer = await client.get(path, params=QUERIES.get(operation.path, {}), headers={"Accept": media_type})
    assert answer.status_code == 200, (operation.id, answer.text)
    assert answer.headers["content-type"].startswith(media_type), operation.id
    disposition = answer.headers.get("content-disposition", "")
    assert disposition.startswith("attachment"), operation.id
    assert disposition.isascii()
    return answer.content


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
