"""Answers as a terminal shows them. Agents write them, so anything may be in them."""

import io
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from finops_client.answer_view import MAX_CHARACTERS, MAX_DEPTH, MAX_TOKENS, print_answer
from unit.finops_client.printed_text import FRAGMENTS, SGR, assert_harmless


def printed(markdown: str, *, terminal: bool = True, colour: bool = False, width: int = 100) -> str:
    file = io.StringIO()
    system = "truecolor" if colour else None
    print_answer(markdown, Console(file=file, force_terminal=terminal, color_system=system, width=width))  # type: ignore[arg-type]
    return file.getvalue()


def lines(markdown: str, *, width: int = 100) -> list[str]:
    return [line.rstrip() for line in printed(markdown, width=width).splitlines() if line.strip()]


@pytest.mark.parametrize("colour", [True, False])
@given(st.text() | st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=20).map("".join))
def test_no_answer_makes_a_terminal_do_anything_but_show_text(colour: bool, markdown: str) -> None:
    for width in (100, 9):
        assert_harmless(printed(markdown, colour=colour, width=width))
    assert_harmless(printed(markdown, terminal=False), allowed="\n\t")


@pytest.mark.parametrize(
    "entity", ["&#x202e;", "&#x2066;", "&#8206;", "&rlm;", "&#x200b;", "&ZeroWidthSpace;", "&#13;", "&#x9b;", "&#27;"]
)
def test_what_was_taken_out_does_not_come_back_as_an_entity(entity: str) -> None:
    for markdown in (f"a{entity}[31mb", f"![a{entity}b](x)", f"[a{entity}b](https://x)", f"|a{entity}b|\n|-|"):
        assert_harmless(printed(markdown))


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("[click](https://a.example)", "click (https://a.example)"),
        ("[click](http://a.example)", "click (http://a.example)"),
        ("[click](javascript:alert(1))", "[click](javascript:alert(1))"),
        ("[click](data:text/html;base64,AA)", "[click](data:text/html;base64,AA)"),
        ("[click](file:///etc/passwd)", "[click](file:///etc/passwd)"),
        ("[https://bank.example](https://evil.example)", "https://bank.example (https://evil.example)"),
        ("[a](https://xn--80ak6aa92e.com)", "a (https://xn--80ak6aa92e.com)"),
        ("![a chart](https://a.example/x.png)", "a chart (image: https://a.example/x.png)"),
        ("[![a](https://i.example)](https://l.example) b", "a (image: https://i.example) (https://l.example) b"),
        ("<b>bold</b> <script>alert(1)</script>", "<b>bold</b> <script>alert(1)</script>"),
        ("<div>\nhidden\n</div>", "<div> hidden </div>"),
        ("</kbd></kbd>", "</kbd></kbd>"),
        ("<!-- hidden -->", "<!-- hidden -->"),
    ],
)
def test_nothing_is_hidden_and_nothing_is_a_link(markdown: str, shown: str) -> None:
    assert lines(markdown) == [shown]
    assert "\x1b]8" not in printed(markdown, colour=True)


def test_markdown_is_drawn() -> None:
    answer = "# Title\n\n**bold**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- x\n  - y\n\n```json\n[1]\n```\n"
    shown = printed(answer, colour=True)
    assert "\x1b[1m" in shown
    assert not {"#", "*", "|", "`"} & set(shown)
    assert " • y" in SGR.sub("", shown)


def test_elsewhere_markdown_stays_as_it_is() -> None:
    assert printed("# T\n\n- [x](javascript:y)\x1b[2J\tz\n\n", terminal=False) == "# T\n\n- [x](javascript:y)\tz\n"


def test_code_is_not_highlighted_by_a_lexer_of_the_answers_choice() -> None:
    colours = [printed(f"```{info}\nfor x in [1]: pass\n```", colour=True) for info in ("python", "js", "")]
    assert len(set(colours)) == 1


@pytest.mark.parametrize("levels", range(1, 30))
@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_what_is_deep_inside_is_shown(levels: int, width: int) -> None:
    assert "inside" in printed(">" * levels + " inside", width=width)
    nested = "".join("  " * level + "- a\n" for level in range(levels)) + "  " * levels + "- inside"
    assert "inside" in printed(nested, width=width)


def test_what_nests_too_deeply_stays_text() -> None:
    assert "▌ " in printed(">" * MAX_DEPTH + " a")
    assert printed(">" * (MAX_DEPTH + 1) + " a") == ">" * (MAX_DEPTH + 1) + " a\n"


def test_what_has_too_many_parts_stays_text() -> None:
    assert "•" in printed("- a\n" * (MAX_TOKENS // 10))
    assert printed("- a\n" * MAX_TOKENS) == "- a\n" * MAX_TOKENS


def test_what_is_too_long_stays_text() -> None:
    assert "*" not in printed("**a**".ljust(MAX_CHARACTERS, "."))
    assert printed("**a**".ljust(MAX_CHARACTERS + 1, ".")) == "**a**".ljust(MAX_CHARACTERS + 1, ".") + "\n"
    assert_harmless(printed("\x1b[2J\ta&#13;\u202e".ljust(MAX_CHARACTERS * 2, ".")))


SIZE = MAX_CHARACTERS
BOMBS = {
    "a line without end": "x" * SIZE,
    "a list": "- a\n" * (SIZE // 4),
    "a hundred thousand items": "- a\n" * 100_000,
    "brackets": "[" * SIZE,
    "images": "![" * (SIZE // 2),
    "unclosed links": "[a](" * (SIZE // 4),
    "emphasis": "*a **a " * (SIZE // 7),
    "deep emphasis": "*" * (SIZE // 2) + "a" + "*" * (SIZE // 2),
    "backticks": "".join("`" * length + "a" for length in range(1, 360)),
    "quotes": ">" * SIZE,
    "lists in lists": "".join("  " * level + "- a\n" for level in range(250)),
    "rows that are filled up": "|" + "a|" * (SIZE // 8) + "\n|" + "-|" * (SIZE // 8) + "\n" + "|\n" * (SIZE // 4),
    "rows": "|a|b|\n|-|-|\n" + "|1|2|\n" * (SIZE // 6),
    "columns": "|" + "a|" * (SIZE // 4) + "\n|" + "-|" * (SIZE // 4) + "\n",
    "code blocks": "```python\nx\n```\n" * (SIZE // 16),
    "megabytes": "word " * 2_000_000,
    "megabytes of escapes": "\x1b[0" * 2_000_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_drawing_takes_a_bounded_time(bomb: str) -> None:
    started = time.process_time()
    printed(BOMBS[bomb])
    # Two seconds at most when measured.
    assert time.process_time() - started < 10


def test_a_long_answer_is_shown_whole() -> None:
    assert printed("word " * MAX_CHARACTERS).count("word") == MAX_CHARACTERS
    assert len(re.findall("item", printed("- item\n" * 9000))) == 9000
