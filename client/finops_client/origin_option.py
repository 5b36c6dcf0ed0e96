"""An origin as it is given on a command line."""

from __future__ import annotations

import argparse
import re

# RFC 6454, 6.2: scheme, host and, if it is not the scheme's own, port; nothing behind it.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@\\]+|null")


def origin(text: str) -> str:
    """The origin, as a browser sends it.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not (text.isascii() and text.isprintable() and _ORIGIN.fullmatch(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not an origin such as https://finops.example")
    return text
