"""Bytes to text, and texts that came out wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecircle.errors import InputError
from lifecircle.readers.encoding import decode, known_encoding, true_encoding

WHERE = {"layer": "health", "source": "卫生.csv"}
TEXT = "名称,类型\n黄浦区卫生院,社区\n"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
    ],
)
def test_auto_finds_how_a_file_was_written(written: str, read_as: str) -> None:
    decoded = decode(TEXT.encode(written), "auto", **WHERE)
    assert (decoded.text, decoded.encoding) == (TEXT, read_as)


@given(st.text())
def test_any_text_comes_back_from_utf8(text: str) -> None:
    # U+FEFF at the front is the mark itself.
    assert decode(text.encode(), "auto", **WHERE).text == text.removeprefix("\ufeff")


def test_a_named_encoding_is_used_even_where_another_would_do() -> None:
    assert decode("é".encode("latin-1"), "latin-1", **WHERE).text == "é"
    assert decode("\ufeffid".encode(), "utf-8", **WHERE).text == "id"


def test_a_wrong_encoding_says_byte_and_line() -> None:
    with pytest.raises(InputError, match=r"卫生.csv is not in utf-8: byte 3, line 2"):
        decode(b"id\n\xc3\xfb", "utf-8", **WHERE)


def test_bytes_in_no_encoding_say_where_both_break() -> None:
    with pytest.raises(InputError, match=r"byte 3.*byte 3, line 2.*save it as UTF-8"):
        decode(b"id\n\xc3\xff", "auto", **WHERE)


def test_an_unknown_encoding_is_named() -> None:
    with pytest.raises(InputError, match="no encoding 'gb99'"):
        decode(b"", "gb99", **WHERE)


def test_code_pages_are_known_by_number() -> None:
    assert known_encoding("cp936", layer="health") == "gbk"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("latin-1", "gb18030"), ("latin-1", "utf-8"), ("gb18030", "utf-8")],
)
def test_garbled_names_give_away_their_encoding(wrong: str, right: str) -> None:
    names = ["名称", "淮海中路街道", "卫生服务中心"]
    garbled = [name.encode(right).decode(wrong) for name in names if len(name) % 2 == 0]
    assert true_encoding(garbled) == right


@pytest.mark.parametrize(
    "names",
    [
        ["名称", "淮海中路街道"],
        ["Hôtel de la Condamine", "Église Sainte-Dévote", "Café"],
        ["Straße", "Müller & Söhne"],
        ["plain", ""],
        [],
    ],
)
def test_good_names_are_left_alone(names: list[str]) -> None:
    assert true_encoding(names) is None
