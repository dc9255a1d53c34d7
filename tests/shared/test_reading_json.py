"""JSON as it comes in."""

import pytest

from shared.reading_json import read_json


def test_what_python_reads_as_json_is_read_whether_or_not_the_quick_parser_does() -> None:
    assert read_json(b'{"half": "\\ud800", "n": 9223372036854775807}') == {"half": "\ud800", "n": 2**63 - 1}


@pytest.mark.parametrize("document", [b"", b"<html>", b'{"cut":', b"\xff\xfe"])
def test_what_is_no_json_is_a_value_error(document: bytes) -> None:
    with pytest.raises(ValueError):  # whichever of its kinds: nobody looks at the words
        read_json(document)
