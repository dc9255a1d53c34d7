"""In which encoding a text file is read, and when it is refused rather than guessed."""

# ruff: noqa: RUF001  # the characters that files really have

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import Invalid, Unsupported
from shared.imports import hanzi
from shared.imports.encodings import Encoding, find_encoding, lines_of, named
from shared.imports.recognition import recognise
from tests.stage import Stage

TRADITIONAL = (
    "台灣玉河精密股份有限公司", "員工每週工時超過60小時，未依規定給予七天中之一日休息", "消防通道被堆放物阻擋",
    "台積電", "稽核編號", "主要缺失", "聯發科技",
)  # fmt: skip
SIMPLIFIED = (
    "深圳市宏达电子有限公司", "员工每周工作时间超过六十小时", "消防通道被堵塞", "华为技术", "危险废物未按规定存放",
    "苏州精密五金",
)  # fmt: skip
WESTERN = (
    "Société Générale", "Müller Präzision GmbH", "Löschübung fehlt", "Größe", "São Paulo", "Señor", "Île-de-France",
    "“Wages” – unpaid, 5 €", "les heures dépassent 60 par semaine à l’usine",
)  # fmt: skip
SAMPLES = [
    *((text, "cp950") for text in TRADITIONAL),
    *((text, "gb18030") for text in SIMPLIFIED),
    *((text, "cp1252") for text in WESTERN),
]


def text_of(data: bytes, encoding: Encoding) -> str:
    return "".join(lines_of(data, encoding, newline=""))


@pytest.mark.parametrize(("text", "codec"), SAMPLES)
def test_short_samples_are_recognised_for_what_they_are(text: str, codec: str) -> None:
    content = f"code,name\nS1,{text}\n"
    data = content.encode(codec)
    assert text_of(data, find_encoding(data, None)) == content


def test_big5_is_told_from_its_windows_form_by_the_characters_that_only_that_has() -> None:
    assert recognise("消防通道堆放電子材料".encode("big5")) == "big5"
    assert recognise("宏碁股份有限公司，裏面有缺失".encode("cp950")) == "cp950"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("鑫鑫", "big5"),
        ("한국전자 주식회사 소방 통로가 막혀 있음", "euc_kr"),
        ("株式会社日本電子、残業時間が超過", "shift_jis"),
        ("Łódź spółka, żółć", "cp1250"),
        ("Компания электроника", "cp1251"),
        ("Société générale", "mac_roman"),
        ("à", "cp1252"),
    ],
)  # fmt: skip
def test_what_is_not_certain_or_not_known_is_refused_and_never_guessed(text: str, codec: str) -> None:
    with pytest.raises(Invalid, match="not UTF-8") as refused:
        find_encoding(f"code,name\nS1,{text}\n".encode(codec), None)
    assert "charset" in refused.value.detail


def marks_with_their_encodings() -> list[tuple[str, str]]:
    return [("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-8", "utf-8")]


@pytest.mark.parametrize(("codec", "name"), marks_with_their_encodings())
def test_marked_text_and_utf_8_are_read_without_judging(codec: str, name: str) -> None:
    data = "code,name\nS1,鑫鑫 Größe\n".encode(codec)
    encoding = find_encoding(data, None)
    assert (encoding.name, text_of(data, encoding)) == (name, "code,name\nS1,鑫鑫 Größe\n")


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("Big5", "big5"), ("CP950", "cp950"), ("windows-1252", "cp1252"), ("ISO-8859-1", "cp1252"), ("GBK", "gb18030"),
        ("gb2312", "gb18030"), ('"UTF-8"', "utf-8"), ("utf-16le", "utf-16le"), ("us-ascii", "utf-8"),
    ],
)  # fmt: skip
def test_encodings_may_be_named_as_people_name_them(charset: str, name: str) -> None:
    assert named(charset).name == name


@pytest.mark.parametrize("charset", ["koi8-r", "shift_jis", "nonsense", "", "base64"])
def test_a_charset_that_is_not_read_is_refused_with_those_that_are(charset: str) -> None:
    with pytest.raises(Unsupported, match="utf-8, utf-16, utf-16le, utf-16be, big5, cp950, cp1252, gb18030"):
        named(charset)


def test_a_mark_that_contradicts_the_name_is_refused() -> None:
    with pytest.raises(Invalid, match="begins with the mark of utf-8 and is said to be big5"):
        find_encoding(b"\xef\xbb\xbfcode\n", "big5")


def test_bytes_that_do_not_fit_the_named_charset_are_named_by_their_line() -> None:
    data = "code,name\nS1,One\nS2,玉河\n".encode("big5")
    with pytest.raises(Invalid, match="not UTF-8: line 3 has the byte 0xA5"):
        text_of(data, find_encoding(data, "utf-8"))


WORDS = {
    "cp950": st.text(st.sampled_from(hanzi.TRADITIONAL), min_size=1, max_size=12),
    "gb18030": st.text(st.sampled_from(hanzi.SIMPLIFIED), min_size=1, max_size=12),
    "cp1252": st.sampled_from(WESTERN),
}
ANY_LETTERS = {
    "cp950": st.binary(min_size=2, max_size=30).map(lambda data: data.decode("cp950", "ignore")),
    "gb18030": st.binary(min_size=2, max_size=30).map(lambda data: data.decode("gb18030", "ignore")),
}


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(sorted(WORDS)), st.booleans())
def test_a_text_is_recognised_rightly_or_not_at_all(data: st.DataObject, codec: str, is_listed: bool) -> None:
    """Lines of usual words, beside which there may be ASCII; alone they may be as short as a character."""
    words = data.draw(st.lists(WORDS[codec], min_size=1, max_size=6))
    content = "".join(f"S{n},{word},TW\n" if is_listed else f"{word}\n" for n, word in enumerate(words))
    found = recognise(content.encode(codec))
    assert found is None or content.encode(codec).decode("cp950" if found == "big5" else found) == content


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_page_of_usual_words_is_recognised(data: st.DataObject) -> None:
    codec = data.draw(st.sampled_from(["cp950", "gb18030"]))
    content = data.draw(
        st.text(st.sampled_from(hanzi.TRADITIONAL if codec == "cp950" else hanzi.SIMPLIFIED), min_size=8)
    )
    found = recognise(content.encode(codec))
    assert found is not None
    assert content.encode(codec).decode("cp950" if found == "big5" else found) == content


@pytest.mark.parametrize("ascii_line", ["S1,One\n", "x" * 20_000_000])
def test_few_telling_lines_among_many_plain_ones_are_found_fast(ascii_line: str) -> None:
    plain = ascii_line * (20_000_000 // len(ascii_line))
    for content in (f"{plain}\n消防通道被堆放物阻擋\n", f"消防通道被堆放物阻擋\n{plain}"):
        assert find_encoding(content.encode("big5"), None).name == "big5"


async def test_the_run_shows_in_which_encoding_the_file_was_read(stage: Stage) -> None:
    names = {"S1": "台灣玉河精密股份有限公司", "S2": "消防電子科技"}
    text = "code,name\n" + "".join(f"{code},{name}\n" for code, name in names.items())
    for content_type, data, shown in (
        ("text/csv", text.encode("big5"), "big5"),
        ("text/csv; charset=CP950", text.encode("cp950"), "cp950"),
        ("text/csv;charset=gbk", text.encode("gb18030"), "gb18030"),
        ("text/csv; charset=utf-16le", text.encode("utf-16-le"), "utf-16le"),
        ("text/csv", text.encode("utf-16"), "utf-16"),
        ("text/csv", text.encode("utf-8-sig"), "utf-8"),
    ):
        run = await stage.import_file("registry", "suppliers", data, content_type=content_type)
        assert (run["status"], run["encoding"], run["errors"]) == ("succeeded", shown, [])
        rows = await stage.psql("registry", "SELECT code, name FROM supplier")
        assert {row["code"]: row["name"] for row in rows} == names
    assert run["unchanged"] == 2


async def test_an_unknown_charset_is_415_and_the_same_bytes_of_another_charset_are_another_request(
    stage: Stage,
) -> None:
    data = "code,name\nS1,消防電子科技\n".encode("big5")
    async with stage.machine("registry") as client:
        answers = [
            await client.post(
                "/v1/imports/suppliers", content=data, headers={"Content-Type": content_type, "Idempotency-Key": "k"}
            )
            for content_type in ("text/csv; charset=koi8-r", "text/csv; charset=big5", "text/csv; charset=gb18030")
        ]
    assert [answer.status_code for answer in answers] == [415, 202, 422]
    assert answers[2].json()["type"].endswith("idempotency-key-reused")
