"""Lines of text broken to a width."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.printed.fonts import find_fonts
from lifecircle.printed.typeset import shortened, width_mm, wrapped

WORDS = find_fonts(["ABC xyz 上海市，。（）“”%0123456789-/"])
MM = 25.4 / 72


def test_a_chinese_letter_is_as_wide_as_its_size():
    assert width_mm(WORDS, "上海", 10.0) == pytest.approx(20 * MM, rel=1e-3)


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet="ab cd上海市，。（）“%0-/", max_size=80),
    st.floats(8.0, 60.0),
)
def test_lines_fit_and_hold_every_letter(text, room):
    lines = wrapped(WORDS, text, 8.0, room)
    assert all(width_mm(WORDS, line, 8.0) <= room + 1e-9 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_no_line_begins_with_a_comma_or_ends_with_an_open_bracket():
    text = "覆盖率（步行）：上海市黄浦区，达标。" * 5
    for room in range(12, 60):
        for line in wrapped(WORDS, text, 8.0, float(room)):
            assert line[0] not in "，。）："
            assert line[-1] != "（"


def test_words_stay_whole():
    assert wrapped(WORDS, "alpha beta gamma", 8.0, width_mm(WORDS, "alpha beta", 8.0)) == [
        "alpha beta",
        "gamma",
    ]


def test_the_last_of_too_many_lines_is_cut():
    room = width_mm(WORDS, "上海市", 8.0) + 0.1
    assert wrapped(WORDS, "上海市上海市上海市", 8.0, room, most=2) == ["上海市", "上海…"]


def test_a_text_is_shortened_to_its_room():
    room = width_mm(WORDS, "上海…", 8.0)
    assert shortened(WORDS, "上海市区", 8.0, room) == "上海…"
    assert shortened(WORDS, "上海", 8.0, room) == "上海"
