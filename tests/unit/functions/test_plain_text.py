"""What is left of an agent's text: everything that has a picture, nothing that a display obeys."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from background_processor.plain_text import plain_text

ANY_TEXT = st.text(st.characters(exclude_categories=()))
# What a terminal or a display obeys, and what tells lines apart, more often than chance has it.
OBEYED = st.lists(
    st.sampled_from(
        ["\x1b", "[", "]", "8;;", "\x1b[31m", "\x1b]0;", "\x07", "\\", "\r", "\n", "\x9b", "\u202e", "\ud83d"]
    )
    | ANY_TEXT
).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        "# Costs\n\n|a|b|\n|-|-|\n|1|\t2|\n\n[more](https://example.com) <script>alert(1)</script>",
        "Kosten: 3 €, 円, ударение, naïve, e\u0301",
        # A family, the rainbow flag, a thumb with its colour, a flag, a key and a heart.
        "👩\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 👍🏽 🇩🇪 1\ufe0f\u20e3 ❤\ufe0f ☎\ufe0e",
        "التكلفة مرتفعة بنسبة ١٢٪",
        "העלות עלתה",
        "می\u200cخوریم",
        "क्\u200dष ක්\u200dෂ",
        "\u1820\u180b",
    ],
)
def test_markdown_and_letters_of_every_script_and_emoji_stay(text: str) -> None:
    assert plain_text(text) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f", "a\nb\nc\nd\ne\nf"),
        ("a\x00b\x08c\x0bd\x0ce\x7ff\x9fg", "abcdefg"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[H", ""),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\", "here"),
        ("\x1b]no end", "]no end"),
        ("\x1bcreset", "creset"),
        ("\x1b[\u202e31mred", "[31mred"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("\u2066a\u2069\u200eb\u200fc\u061cd", "abcd"),
        ("pass\u00adwo\u200brd\u2060\ufeff", "password"),
        ("a\ufff9b\ufffac\ufffbd", "abcd"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f\U000e0100", "\U0001f3f4"),
        ("a\ud83db", "ab"),
        ("\ud83d\u200b\ude00", ""),
    ],
)
def test_what_nobody_sees_and_something_obeys_goes(text: str, plain: str) -> None:
    assert plain_text(text) == plain


def test_of_all_characters_without_a_picture_only_those_stay_that_scripts_need() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    kept = {character for character in plain_text(every) if unicodedata.category(character) in {"Cc", "Cf", "Cs"}}
    assert {"\t", "\n", "\u200c", "\u200d"} <= kept
    # These have a picture, or place others': numbers' and words' marks, and hieroglyphs.
    scripts = {unicodedata.name(character).split()[0] for character in kept - {"\t", "\n", "\u200c", "\u200d"}}
    assert scripts <= {"ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN"}


def test_of_all_characters_with_a_picture_none_goes() -> None:
    without_picture = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
    pictures = {chr(point) for point in range(sys.maxunicode + 1)}
    pictures = {character for character in pictures if unicodedata.category(character) not in without_picture}
    gone = pictures - set(plain_text("".join(pictures)))
    assert {unicodedata.name(character) for character in gone if not 0xE0100 <= ord(character) <= 0xE01EF} == {
        "HANGUL FILLER",
        "HALFWIDTH HANGUL FILLER",
    }


@given(OBEYED)
def test_nothing_is_left_that_a_display_obeys(text: str) -> None:
    plain = plain_text(text)
    assert plain_text(plain) == plain
    assert plain.encode().decode() == plain
    assert plain.split("\n") == plain.splitlines() + [""] * (plain == "" or plain.endswith("\n"))
    assert {c for c in plain if unicodedata.category(c) == "Cc"} <= {"\t", "\n"}
    assert {unicodedata.bidirectional(character) for character in plain}.isdisjoint(
        {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    )
