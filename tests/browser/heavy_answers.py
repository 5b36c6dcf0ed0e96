"""Answers that would keep a browser busy: far too long, far too deep, or the worst that their length allows."""

from collections.abc import Callable

CHARACTERS = 99_000  # just within what is rendered
ITEMS = 7_000  # as many list items, table rows or links as are rendered, about


def filled(unit: str, characters: int = CHARACTERS) -> str:
    """Return a unit repeated to a length."""
    return (unit * (characters // len(unit) + 1))[:characters]


HEAVY_ANSWERS: dict[str, Callable[[], str]] = {
    "quotes nested 10,000 deep": lambda: ">" * 10_000 + " deep",
    "lists nested 400 deep": lambda: "".join("  " * depth + "- a\n" for depth in range(400)),
    "quotes and lists nested 90 deep": lambda: (">" * 80 + "- *a*\n") * 1_000,
    "emphasis nested 4,000 deep": lambda: "*a **a " * 2_000 + "b** b* " * 2_000,
    "stars": lambda: "*" * 9_000 + "a" + "*" * 900,
    "100,000 list items": lambda: "- a\n" * 100_000,
    "as many list items as are rendered": lambda: "- a\n" * ITEMS,
    "as many empty list items as are rendered": lambda: "-\n" * 2 * ITEMS,
    "lines": lambda: "---\n" * 24_000,
    "fences": lambda: filled("```\n"),
    "a table of 33,000 columns": lambda: "|" + "a|" * 33_000 + "\n|" + "-|" * 33_000,
    "a table of missing cells": lambda: "|" + "a|" * 2_000 + "\n|" + "-|" * 2_000 + "\n" + "b\n" * 40_000,
    "a table of 5,000 rows": lambda: "a|b\n-|-\n" + "c|d\n" * 5_000,
    "five megabytes of words": lambda: filled("word ", 5_000_000),
    "five megabytes of one word": lambda: "a" * 5_000_000,
    "five megabytes of tags": lambda: filled("<img src=x onerror=canary()>", 5_000_000),
    "open brackets": lambda: filled("["),
    "open images": lambda: filled("!["),
    "images without an end": lambda: filled("![", CHARACTERS // 2) + filled("](https://a)", CHARACTERS // 2),
    "links without an end": lambda: filled("[a]("),
    "links in angles without an end": lambda: filled("[a](<b"),
    "titles without an end": lambda: filled('[a]: b "\n'),
    "bare addresses": lambda: filled("https://a.test "),
    "bare addresses that run together": lambda: filled("https://a."),
    "mail addresses": lambda: filled("a@b.test "),
    "autolinks": lambda: filled("<https://a.test> ", 9_000),
    "a long address used often": lambda: f"[a]: https://a.test/{'x' * 50_000}\n\n" + "[a] " * 2_400,
    "an address of 1,900 characters used often": lambda: f"[a]: https://a.test/{'x' * 1_900}\n\n" + "[a] " * 2_400,
    "references": lambda: "".join(f"[{number}]: https://a.test\n" for number in range(4_500)),
    "runs of backticks": lambda: "".join("`" * length + "a" for length in range(1, 440)),
    "entities": lambda: filled("&amp;"),
    "open comments": lambda: filled("<!--"),
    "open character data": lambda: filled("<![CDATA["),
    "emphasis that never closes": lambda: filled("*a_ "),
    "code in emphasis": lambda: filled("*`", 9_900),
    "two directions": lambda: filled("\u05d0 a ", 9_900),
    "two directions in many paragraphs": lambda: (filled("\u05d0 a ", 4_900) + "\n\n") * 20,
    "two directions, as it is": lambda: filled("\u05d0 a ", 1_000_000),
    "one letter with 90,000 accents": lambda: "a" + "\u0301" * 90_000,
    "one face with 4,900 skin tones": lambda: "👩" + "🏽" * 4_900,
    "one face of 30,000 joined": lambda: filled("👩\u200d", 90_000),
    "zero widths": lambda: filled("\u200b"),
    "nulls": lambda: filled("\0"),
    "lone surrogates": lambda: filled("\ud800"),
}
