"""What is written as HTML, PDF and workbook: the same figures, nothing that others wrote as more than text."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from typing import Any, get_args
from xml.etree import ElementTree as ET

import pypdf
import pytest
from python_calamine import CalamineWorkbook

from services.scoring.domain.policy import DEFAULT, Category
from services.scoring.domain.qbr import ActionKind, Limit
from services.scoring.domain.report import Asked, Card, Earlier, Edition, Pack, compile_pack
from services.scoring.service.report import as_html, as_pdf, as_workbook
from services.scoring.service.report.document import write_document
from services.scoring.service.report.names import NAMES
from services.scoring.service.report.texts import TEXTS
from services.scoring.service.report.voice import Voice
from shared.languages import LANGUAGES, Language
from tests.html_forms import Page, check_accessible
from tests.scoring.business.quarter_end import Q, QuarterEnd
from tests.scoring.report.cards import card, earlier
from tests.scoring.report.test_pack_figures import EDITION
from tests.scoring.report.test_report_route import HTML, XLSX, ask, made, sheets, text_of

CHINESE = "深圳市精密電子有限公司"
HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)> & Söhne '",
    '=HYPERLINK("http://evil.example","x")',
    "#let x = 1; #panic() $a$ *b* @ref \\ [c]",
    "{{ 7 * 7 }} {% raw %}",
    "two\nlines\tand\x07bell\u202egnp.exe\ufffe",
)
FRONT_SECTIONS = 5
PUBLISHED = replace(
    EDITION, published_by="ben", published_at=datetime(2026, 10, 12, 8, 30, tzinfo=UTC), created_by="ann"
)


def pack_of(
    cards: Sequence[Card], before: Sequence[Earlier] = (), asked: Sequence[Asked] = (), edition: Edition = PUBLISHED
) -> Pack:
    return compile_pack(edition, DEFAULT, cards, before, asked)


def html(pack: Pack, language: Language = "en") -> str:
    return as_html.write_html(write_document(pack, language)).content.decode()


def pdf(pack: Pack, language: Language = "en") -> pypdf.PdfReader:
    document = asdict(write_document(pack, language))
    return pypdf.PdfReader(io.BytesIO(as_pdf.write_pdf(document, datetime(2026, 10, 12, tzinfo=UTC))))


def book(pack: Pack, language: Language = "en") -> dict[str, list[list[Any]]]:
    read = CalamineWorkbook.from_filelike(io.BytesIO(as_workbook.write_workbook(pack, language)))
    return {name: read.get_sheet_by_name(name).to_python() for name in read.sheet_names}


def named(*names: str) -> list[Card]:
    return [card(n, 90 - n, "B", name=name) for n, name in enumerate(names, start=1)]


async def test_all_three_say_what_the_api_says(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=91.26, S2=74, S3=40.5)
    for quarter, figures in (("2026Q2", (80.0, 85.5, 60.0)), (Q, (93.1, 70.0, 41.7))):
        for code, figure in zip(("S1", "S2", "S3"), figures, strict=True):
            await quarter_end.perform(code, quarter, quality=figure, cost=figure, delivery=figure)
        await quarter_end.publish(quarter)
    now, before = await quarter_end.cards(), await quarter_end.cards("2026Q2")
    actions = (await quarter_end.get("/v1/actions", quarter=Q))["items"]
    page, sheet = Page.of((await ask(quarter_end)).text).text, sheets(await ask(quarter_end, XLSX))
    print_out = text_of(await made(quarter_end))
    header, *rows = sheet["Suppliers"]
    by_code = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    for code, each in now.items():
        change = round(each["total"] - before[code]["total"], 2)
        for shown in (f"{each['total']:.2f}", f"{change:+.2f}".replace("-", "\N{MINUS SIGN}"), f"{code} Co."):
            assert shown in page, shown
            assert shown in print_out, shown
        row = by_code[code]
        assert (row["Total"], row["Grade"], row["Before"]) == (each["total"], each["grade"], each["previous_grade"])
        assert [row[name.capitalize()] for name in each["dimensions"]] == [
            "" if value is None else value for value in each["dimensions"].values()
        ]
        assert row["Change"] == pytest.approx(change)
    for action in actions:
        assert action["due_on"] in page
        assert action["due_on"] in print_out
    assert sorted((row[0], row[5]) for row in sheet["Actions"][1:]) == sorted(
        (action["supplier_code"], date.fromisoformat(action["due_on"])) for action in actions
    )


def test_a_pdf_has_a_page_for_each_supplier_and_shows_chinese_names() -> None:
    reader = pdf(pack_of(named(CHINESE, "Jade River", "云莱合晟（涪陵）有限公司")))
    assert len(reader.pages) == 1 + FRONT_SECTIONS + 3
    assert CHINESE in reader.pages[-3].extract_text()
    fonts = {
        str(font["/BaseFont"]).partition("+")[2]
        for page in reader.pages
        for font in (each.get_object() for each in page["/Resources"]["/Font"].values())
    }
    assert {"DroidSansFallback", "OpenSans", "OpenSans-Semibold"} <= fonts


def test_a_pdf_is_tagged_claims_to_be_accessible_and_has_bookmarks() -> None:
    reader = pdf(pack_of(named("One"), [earlier(1, 80, "B")]), "zh-Hant")
    assert reader.root_object["/Lang"] == "zh-TW"
    assert "pdfuaid:part" in reader.root_object["/Metadata"].get_object().get_data().decode()
    titles = [mark.title for mark in reader.outline if not isinstance(mark, list)]
    assert titles[-6:] == ["分布", "變動", "最弱類別", "措施", "全部供應商", "各供應商"]


def test_a_name_in_a_script_without_a_font_keeps_nobody_from_the_pdf() -> None:
    reader = pdf(pack_of(named("한국전자 ไทย", "Next")))
    assert len(reader.pages) == 1 + FRONT_SECTIONS + 2
    assert "/StructTreeRoot" in reader.root_object


def test_the_same_pack_gives_the_same_bytes() -> None:
    pack = pack_of(named("One", CHINESE), [earlier(1, 80, "B")])
    document = asdict(write_document(pack, "en"))
    moment = datetime(2026, 10, 12, tzinfo=UTC)
    assert as_pdf.write_pdf(document, moment) == as_pdf.write_pdf(document, moment)
    assert as_workbook.write_workbook(pack, "en") == as_workbook.write_workbook(pack, "en")


def test_what_others_wrote_is_nothing_but_text_in_a_page() -> None:
    written = html(pack_of(named(*HOSTILE), [earlier(n, 70, "B") for n in range(1, 7)]))
    page = Page.of(written)
    check_accessible(page)
    assert "<script" not in written
    assert not any(tag == "script" or "onerror" in attributes for tag, attributes in page.tags)
    for name in (HOSTILE[0], HOSTILE[1], HOSTILE[3], HOSTILE[4], "two lines and bell gnp.exe"):
        assert name in page.text


def test_what_others_wrote_is_nothing_but_text_in_a_pdf() -> None:
    reader = pdf(pack_of(named(*HOSTILE)))
    assert len(reader.pages) == 1 + FRONT_SECTIONS + len(HOSTILE)
    for page, name in zip(
        reader.pages[1 + FRONT_SECTIONS :], (*HOSTILE[:5], "two lines and bell gnp.exe"), strict=True
    ):
        # Where a word without blanks may be broken, a mark without a width stands.
        assert name in page.extract_text().replace("\u200b", "")


def test_no_cell_of_a_workbook_is_a_formula_or_a_link() -> None:
    pack = pack_of(named(*HOSTILE), [earlier(n, 70, "B") for n in range(1, 7)])
    parts = zipfile.ZipFile(io.BytesIO(as_workbook.write_workbook(pack, "en")))
    for name in parts.namelist():
        if name.startswith("xl/worksheets/sheet"):
            content = parts.read(name)
            assert b"<f>" not in content, name
            assert b"<hyperlink" not in content, name
    assert HOSTILE[2] in [row[1] for row in book(pack)["Suppliers"]]


def test_charts_are_named_and_described_and_are_said_in_a_table_as_well() -> None:
    pack = pack_of([card(1, 90, "A"), card(2, 61.5, "C")], [earlier(1, 80, "B"), earlier(2, 77, "B")])
    page = Page.of(html(pack))
    drawings = [attributes for tag, attributes in page.tags if tag == "svg"]
    # grades, tiers, all over time, rises, falls, categories, and two for each supplier
    assert len(drawings) == 6 + 2 * 2
    assert all(each["role"] == "img" for each in drawings)
    assert "Bars: A 1 (50.0 %), B 0 (0.0 %), C 1 (50.0 %)" in page.text
    assert "Line: 2026Q2 B: 80.00, Sustainability 80.00; 2026Q3 A: 90.00, Sustainability 90.00." in page.text
    captions = re.findall(r"<caption[^>]*>([^<]*)</caption>", html(pack))
    assert {"Suppliers by grade", "Mean by risk category", "Total and sustainability over the quarters"} <= {*captions}


def test_every_drawing_is_well_formed_and_nothing_in_it_lies_outside() -> None:
    long = "A category with a name that is much too long for the room that there is"
    pack = pack_of(named("W" * 200, CHINESE * 9, *HOSTILE), [earlier(n, 10.0 * n, "D") for n in range(1, 9)])
    pack = replace(pack, policy=replace(DEFAULT, categories=(Category(long, 1.0),)))
    for svg in re.findall(r"<svg.*?</svg>", html(pack), re.DOTALL):
        drawing = ET.fromstring(
            svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1) if "xmlns" not in svg else svg
        )
        _, _, width, height = map(float, drawing.attrib["viewBox"].split())
        for part in drawing.iter():
            at = part.attrib
            x, y = float(at.get("x", 0)), float(at.get("y", 0))
            assert 0 <= x + float(at.get("width", 0)) <= width
            assert 0 <= y + float(at.get("height", 0)) <= height


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pack_is_to_be_had_in_every_language(language: Language) -> None:
    draft = replace(EDITION, unknown_suppliers=["GHOST"], dropped_suppliers=["GONE"], warnings=["odd"], revision=2)
    changed = {
        "quality": [50, 60.5],
        "grade": [None, "C"],
        "limits": [[], ["risk_tier_high"]],
        "risk_tier": ["low", "high"],
    }
    full = card(
        1, 60, "C", actions=[*ActionKind], limits=[*Limit], changes=changed,
        tier_reasons=["base_below_60", "category_below_40:labor_employment", "open_priority_finding", "overdue_major"],
    )  # fmt: skip
    asked = [
        Asked(supplier_id=full.supplier_id, kind=kind, owner_role="procurement", due_on=None, due_days=n * 30)
        for n, kind in enumerate(ActionKind)
    ]
    pack = pack_of([full, card(2, 90, "A")], [earlier(1, 70, "B")], asked, draft)
    page = Page.of(html(pack, language))
    check_accessible(page)
    assert page.language == language
    voice = Voice(language)
    for said in (
        voice.say("draft_note"),
        voice.limit("priority_missed", DEFAULT),
        voice.reason("overdue_major"),
        voice.name("action", "phase_out_plan"),
    ):
        assert said in page.text
    assert len(pdf(pack, language).pages) == 1 + FRONT_SECTIONS + 2
    sheets = book(pack, language)
    assert len(sheets) == 6
    assert all(rows[0][0].startswith(voice.say("draft")) for rows in sheets.values())


def test_every_text_has_the_same_blanks_in_every_language() -> None:
    wordings = {**TEXTS, **{f"{kind}/{code}": each for kind, names in NAMES.items() for code, each in names.items()}}
    for key, wording in wordings.items():
        assert all(wording), key
        assert len({frozenset(re.findall(r"{(\w+)}", text)) for text in wording}) == 1, key


def test_every_code_of_the_domain_has_a_name() -> None:
    for kind, codes in (("limit", Limit), ("action", ActionKind), ("short_limit", Limit)):
        assert NAMES[kind].keys() == {*codes}
    assert NAMES["tier"].keys() == {"high", "medium", "low"}
    assert {"base_below", "category_below", "open_finding", "overdue"} == NAMES["reason"].keys()
    assert get_args(Language) == LANGUAGES


def test_one_supplier_takes_one_page_whatever_there_is_to_say_of_it() -> None:
    names = [f"category_{n}_with_a_rather_long_name_of_its_own" for n in range(8)]
    policy = replace(DEFAULT, categories=tuple(Category(name, 0.125) for name in names))
    changes = {
        field: [1.0, 2.0] for field in ("quality", "cost", "delivery", "service", "sustainability", "total", "coverage")
    }
    cards = [
        card(
            n, 60, "D", name=name, code="C" * 64, actions=[*ActionKind], limits=[*Limit], changes=changes,
            categories=dict.fromkeys(names, 30.0), tier_reasons=[f"category_below_40:{each}" for each in names],
        )
        for n, name in enumerate((CHINESE * 45, "W" * 500, "A name of many words " * 24), start=1)
    ]  # fmt: skip
    asked = [
        Asked(supplier_id=each.supplier_id, kind=kind, owner_role="procurement", due_on=None, due_days=30)
        for each in cards
        for kind in ActionKind
    ]
    edition = replace(PUBLISHED, revision=2)
    before = [earlier(n, 50, "C", quarter=quarter) for n in (1, 2, 3) for quarter in ("2025Q4", "2026Q1", "2026Q2")]
    reader = pdf(compile_pack(edition, policy, cards, before, asked))
    of_suppliers = [page.extract_text() for page in reader.pages if "rank " in page.extract_text()]
    assert len(of_suppliers) == 3
    assert reader.pages[-3].extract_text() == of_suppliers[0]
    assert all("Changed against revision 1" in text for text in of_suppliers)


def test_a_review_of_nobody_is_written_as_well() -> None:
    pack = pack_of([])
    check_accessible(Page.of(html(pack)))
    assert "No supplier was reviewed." in html(pack)
    assert len(pdf(pack).pages) == 1 + FRONT_SECTIONS
    assert len(book(pack)) == 6


def test_numbers_are_numbers_and_sheets_have_native_charts_filters_and_a_header_that_stays() -> None:
    pack = pack_of([card(1, 90.5, "A"), card(2, None, "not_rated")], [earlier(1, 80, "B")])
    rows = {row[0]: row for row in book(pack)["Suppliers"]}
    assert rows["S1"][4:6] == [90.5, 10.5]
    assert rows["S2"][4] == ""
    parts = zipfile.ZipFile(io.BytesIO(as_workbook.write_workbook(pack, "en")))
    assert len([name for name in parts.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]) == 5
    suppliers = parts.read("xl/worksheets/sheet2.xml").decode()
    assert "<autoFilter" in suppliers
    assert 'state="frozen"' in suppliers
    assert "<conditionalFormatting" in suppliers


async def test_a_page_names_whoever_published_it_and_what_it_rests_on(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=90)
    published = await quarter_end.publish()
    page = Page.of((await ask(quarter_end, HTML)).text).text
    for shown in (published["published_by"], published["published_at"][:10], "default, version 1", "assessed 1"):
        assert shown in page
