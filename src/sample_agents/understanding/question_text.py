"""A question as words: what is said in other ways said in one, so that the grammar sees one. Pure."""

import calendar
import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

Words = tuple[str, ...]

MONTHS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))

_QUOTED = re.compile(r'"((?:[^"]|"")*)"|\u201c([^\u201d]*)\u201d')
_WORD = re.compile(
    rf"20\d\d-\d\d-\d\d(?!\w)|20\d\d-\d\d(?![\w-])|\b\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}\b|\b(?:{MONTH})-\d\d\b"
    r"|[^\W_]+|!=|[$€£¥%<>≤≥≠*\u00d7÷^|~]|(?<=\s)[-\u2013\u2014](?=\s*\w)|[\u2013\u2014](?=\s*\w)",
    re.IGNORECASE,
)
_SAME = {"%": "percent", "\u2013": "-", "\u2014": "-"}


class Word(NamedTuple):
    """A word of a question."""

    text: str  # in lower case; of a name in quotation marks, the name as it is written
    written: str  # as it stands in the question
    before: str  # the punctuation between it and the word before
    is_quoted: bool = False


def question_words(text: str) -> list[Word]:
    """The question's words; what stands in quotation marks is one."""
    words, end = [], 0
    for found in _QUOTED.finditer(text):
        words += _plain_words(text[end : found.start()])
        name = found[2] if found[1] is None else found[1].replace('""', '"')
        words.append(Word(name, found[0], "", is_quoted=True))
        end = found.end()
    return words + _plain_words(text[end:])


def words_of(name: str) -> Words:
    """A name's words: how names are compared with questions."""
    return tuple(word.text for word in _plain_words(name))


def _plain_words(text: str) -> list[Word]:
    text, words, end = _spelled_out(text), [], 0
    for found in _WORD.finditer(text):
        word = found[0].casefold()
        words.append(Word(_SAME.get(word, word), found[0], text[end : found.start()].strip()))
        end = found.end()
    return words


def _spelled_out(text: str) -> str:
    if not _CAN_BE_SPELT.search(text):  # most names, of which there are thousands
        return text
    for pattern, replacement in _SPELLINGS:
        text = pattern.sub(replacement, text)
    return text


def _iso_day(found: re.Match[str]) -> str:
    """A date as `2026-05-31`, wherever its order is beyond doubt; otherwise as it is."""
    first, second, third = (int(part) for part in found.groups())
    if first > 31:
        year, month, day = first, second, third
    elif second > 12 or first == second:
        year, month, day = third, first, second
    elif first > 12:
        year, month, day = third, second, first
    else:
        return found[0]
    try:
        return date(year if year > 99 else 2000 + year, month, day).isoformat()
    except ValueError:
        return found[0]


_I = re.IGNORECASE
# What every one of the spellings has.
_CAN_BE_SPELT = re.compile(rf"['\u2019(]|\d[-/.]\d|20\d\d|\bfy|\b(?:[qh][1-4]|{MONTH})\b", _I)
_SPELLINGS: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    # What an answer says of a period, after its dates: it is for reading.
    (
        re.compile(
            r"(?<=\d) \((?:no period named: )?(?:the (?:newest|coming|rest|[a-z]+ (?:of|before))|all |fiscal|a year)"
            r"[a-z0-9, ]*\)"
        ),
        "",
    ),
    (re.compile(r"n['\u2019]t\b", _I), " not"),
    (re.compile(r"['\u2019]ll\b", _I), " will"),
    (re.compile(r"['\u2019]d\b", _I), " would"),
    (re.compile(rf"\b(?!may\b)({MONTH})\.", _I), r"\1"),  # Oct. 2026
    (re.compile(r"\b(?:on (?:or|and) after|no earlier than)\b", _I), "since"),
    (re.compile(r"\b(?:on (?:or|and) before|no later than|up to and including)\b", _I), "through"),
    (re.compile(r"\bfrom ([\w ,-]{3,20}?) (?:onwards?|to (?:now|date|today|(?:the )?present))\b", _I), r"since \1"),
    (
        re.compile(rf"\b((?:{MONTH})(?: 20\d\d)?) (?:onwards?|to (?:now|date|today|(?:the )?present))\b", _I),
        r"since \1",
    ),
    (re.compile(r"['\u2019](?:s|re|ve|m)\b", _I), ""),
    (re.compile(r"\b(20\d\d)[-/.](\d{1,2})[-/.](\d{1,2})\b"), _iso_day),
    (re.compile(r"\b(\d{1,2})[-/.](\d{1,2})[-/.](20\d\d|\d\d)\b"), _iso_day),
    (re.compile(r"\b(20\d\d)[-/](1[0-2]|0?[1-9])\b(?![-/.]?\d)"), lambda found: f"{found[1]}-{int(found[2]):02}"),
    (re.compile(r"(?<![\d/.-])(1[0-2]|0?[1-9])[-/](20\d\d)\b"), lambda found: f"{found[2]}-{int(found[1]):02}"),
    (re.compile(r"\b(20\d\d)[-/ ]?([qh][1-4])\b", _I), r"\2 \1"),
    (re.compile(r"\b([qh][1-4])[-/ ]?(20\d\d)\b", _I), r"\1 \2"),
    (re.compile(rf"\b({MONTH}|[qh][1-4])[ -]*['\u2019](\d\d)\b", _I), r"\1 20\2"),
    (re.compile(r"\bFY[ '\u2019-]*(?:20)?(\d\d)\b", _I), r"fiscal year 20\1"),
    (re.compile(r"\bFY\b", _I), "fiscal year"),
    # A period ends with its end and starts with its start.
    (re.compile(rf"\b(until|till|through|thru|to|and) (?:the )?end of (?=(?:{MONTH}|[qh][1-4]|20\d\d)\b)", _I), r"\1 "),
    (re.compile(rf"\b(from|since) (?:the )?(?:start|beginning) of (?=(?:{MONTH}|[qh][1-4]|20\d\d)\b)", _I), r"\1 "),
    (re.compile(r"(?<=\d)\s*\.\.+\s*(?=\d)"), " to "),  # 2026-05-01..2026-05-31
    (re.compile(r"(?<![\w-])(\d{4})-(\d{4})-(\d{4})(?![\w-])"), r"\1\2\3"),  # an account, as the AWS console has it
    # Ranges with a hyphen: April-June, Q1-Q2, 1-15 May, May 1-15.
    (re.compile(rf"\b({MONTH}|[qh][1-4]|20\d\d)-(?=(?:{MONTH}|[qh][1-4])\b)", _I), r"\1 to "),
    (re.compile(rf"\b(\d{{1,2}})-(?=\d{{1,2}} (?:of )?(?:{MONTH})\b)", _I), r"\1 to "),
    (re.compile(rf"\b((?:{MONTH}) \d{{1,2}})-(?=\d{{1,2}}\b)", _I), r"\1 to "),
    (re.compile(r"\bmay (?=(?:i|we|you|it|they|be)\b)", _I), " "),  # the verb
]
