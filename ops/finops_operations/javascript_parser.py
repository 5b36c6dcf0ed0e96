"""Reads the one shape of JavaScript that src/config.js has: const config = {...}; export default config;"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import NoReturn

from finops_operations.javascript_value import IDENTIFIER, Value

# Deeper than any configuration, and far from the depth at which Python stops.
DEEPEST = 20

# Possessive, so that no text makes it try twice. White space and line ends as in ECMAScript (sections 12.2 and 12.3).
_GAP = re.compile(
    r"[ \t\n\r\v\f\u00a0\ufeff\u2028\u2029]++|(?P<comment>//[^\n\r\u2028\u2029]*+|/\*.*?\*/)",
    re.DOTALL,
)
_WORD_GOES_ON = re.compile(r"[A-Za-z0-9_$]")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?P<fraction>(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)(?![A-Za-z0-9_$.])")
_STRINGS = {
    "'": re.compile(r"'(?P<inside>(?:[^'\\\n\r]|\\(?:\r\n|[\s\S]))*+)'"),
    '"': re.compile(r'"(?P<inside>(?:[^"\\\n\r]|\\(?:\r\n|[\s\S]))*+)"'),
}
_ESCAPE = re.compile(
    r"\\(?:x(?P<byte>[0-9a-fA-F]{2})|u(?P<unit>[0-9a-fA-F]{4})|u\{(?P<point>[0-9a-fA-F]{1,6})\}"
    r"|(?P<zero>0)(?![0-9])|(?P<end>\r\n|[\n\r\u2028\u2029])|(?P<other>[^0-9xu])|(?P<wrong>[\s\S]))"
)
_NAMED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v"}
_LINE_END = re.compile(r"\r\n|\n|\r")


class NotUnderstood(Exception):
    """The text is not of that shape. Says why, and where."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        """Line and column are counted from 1."""
        super().__init__(f"line {line}, column {column}: {reason}")
        self.line = line
        self.column = column


@dataclass(frozen=True)
class ParsedConfig:
    """What stands in the file."""

    values: dict[str, Value]
    # How many; what they say is not kept.
    comments: int


def parse(text: str) -> ParsedConfig:
    """Reads strings in either quotes, numbers, true, false, null, arrays and objects, comments, and trailing commas.

    Raises:
        NotUnderstood: anything else. It is never guessed at, because what is read here is written again.
    """
    return _Reader(text).config()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._comments = 0

    def config(self) -> ParsedConfig:
        for word in ("const", "config", "="):
            self._expect(word)
        self._gap()
        if not self._text.startswith("{", self._at):
            self._refuse("const config = must be followed by {")
        values = self._object(1)
        self._take(";")
        for word in ("export", "default", "config"):
            self._expect(word)
        self._take(";")
        self._gap()
        if self._at < len(self._text):
            self._refuse("nothing may follow export default config;")
        return ParsedConfig(values, self._comments)

    def _value(self, depth: int) -> Value:
        self._gap()
        if depth > DEEPEST:
            self._refuse(f"this is nested more than {DEEPEST} levels deep")
        start = self._text[self._at : self._at + 1]
        if start == "{":
            return self._object(depth)
        if start == "[":
            return self._array(depth)
        if start and start in "'\"":
            return self._string()
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self._take(word):
                return value
        if number := _NUMBER.match(self._text, self._at):
            return self._number(number)
        return self._refuse("here must stand a string in quotes, a number, true, false, null, an array or an object")

    def _object(self, depth: int) -> dict[str, Value]:
        values: dict[str, Value] = {}
        self._at += 1
        while not self._take("}"):
            self._gap()
            start = self._at
            name = self._name()
            if name in values:
                self._refuse(f"the key {name} stands here for the second time", start)
            # In a literal that is no key: it would set what the object inherits.
            if name == "__proto__":
                self._refuse("__proto__ is no key for a value", start)
            self._expect(":")
            values[name] = self._value(depth + 1)
            self._separator("}")
        return values

    def _array(self, depth: int) -> list[Value]:
        values: list[Value] = []
        self._at += 1
        while not self._take("]"):
            values.append(self._value(depth + 1))
            self._separator("]")
        return values

    def _separator(self, closing: str) -> None:
        if not self._take(",") and not self._text.startswith(closing, self._at):
            self._refuse(f"here must stand , or {closing}")

    def _name(self) -> str:
        if self._text[self._at : self._at + 1] in {"'", '"'}:
            return self._string()
        if name := IDENTIFIER.match(self._text, self._at):
            self._at = name.end()
            return name[0]
        return self._refuse("here must stand a key or }")

    def _number(self, number: re.Match[str]) -> int | float:
        if float(number[0]) in {float("inf"), float("-inf")}:
            self._refuse("this number is too large")
        self._at = number.end()
        return float(number[0]) if number["fraction"] else int(number[0])

    def _string(self) -> str:
        start = self._at
        string = _STRINGS[self._text[start]].match(self._text, start)
        if string is None:
            self._refuse("this string does not end on its line")
        self._at = string.end()
        return _with_whole_characters(
            _ESCAPE.sub(lambda escape: self._escaped(escape, start + 1 + escape.start()), string["inside"])
        )

    def _escaped(self, escape: re.Match[str], at: int) -> str:
        code = int(escape["byte"] or escape["unit"] or escape["point"] or "0", 16)
        if escape["wrong"] or code > sys.maxunicode:
            self._refuse("JavaScript has no such escape in a string", at)
        if escape["end"]:
            return ""
        other: str | None = escape["other"]
        return chr(code) if other is None else _NAMED.get(other, other)

    def _expect(self, word: str) -> None:
        if not self._take(word):
            self._refuse(f"here must stand {word}, as in const config = {{...}}; export default config;")

    def _take(self, word: str) -> bool:
        self._gap()
        end = self._at + len(word)
        if not self._text.startswith(word, self._at) or (word.isalpha() and _WORD_GOES_ON.match(self._text, end)):
            return False
        self._at = end
        return True

    def _gap(self) -> None:
        while gap := _GAP.match(self._text, self._at):
            self._comments += gap["comment"] is not None
            self._at = gap.end()

    def _refuse(self, reason: str, at: int | None = None) -> NoReturn:
        before = self._text[: self._at if at is None else at]
        ends = list(_LINE_END.finditer(before))
        raise NotUnderstood(reason, len(ends) + 1, len(before) - (ends[-1].end() if ends else 0) + 1)


def _with_whole_characters(text: str) -> str:
    """JavaScript counts in UTF-16: two escapes may be the halves of one character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
