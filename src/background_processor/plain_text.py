"""Text from elsewhere without what nobody sees and something obeys. Pure.

Terminals obey control characters; every display obeys the bidirectional ones, which show a text in another order than
it has; and text that is ignored where it is shown can say to a program what no person reads.
"""

import re

# CommonMark's line endings, and those that only some programs know.
# https://spec.commonmark.org/0.31.2/#line-ending
_LINE_ENDINGS = re.compile(r"\r\n?|[\x85\u2028\u2029]")

# Colours and cursor movements (CSI), and titles and links (OSC). They go whole: their rest would stand in the text.
# Neither takes what a sequence begins with, so that no part of a text is looked at once for each of its characters.
_ESCAPE_SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)")

# Unicode's Default_Ignorable_Code_Point without what letters and emoji need: the joiners (Persian, Hindi, families of
# emoji), the first sixteen variation selectors (an emoji's look), and those of Hangul, Khmer and Mongolian.
# https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks, embeddings, overrides and isolates
    "\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"  # soft hyphen, spaces without width, fillers
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # controls of annotations, shorthand and music
    "\U000e0000-\U000e0fff"  # tags and further variation selectors, in which whole sentences can be hidden
    "\ud800-\udfff"  # halves of characters, which cannot be stored or sent
    "]"
)


def plain_text(text: str) -> str:
    r"""Give a text without control, bidirectional and other unseen characters; each line ends with `\n`.

    Letters of every script and emoji stay as they are, but for the flags of England, Scotland and Wales, which are
    written with tags: a black flag is left of them.
    """
    return _UNSEEN.sub("", _LINE_ENDINGS.sub("\n", _ESCAPE_SEQUENCES.sub("", text)))
