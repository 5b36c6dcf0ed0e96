"""What a command's options take, for argparse's `type`."""

import argparse
import re
from collections.abc import Callable


def of_form(pattern: str, sentence: str) -> Callable[[str], str]:
    """Return a type that takes texts of one form only, and says the sentence of any other."""

    def checked(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise argparse.ArgumentTypeError(f"{sentence}, not {text}")
        return text

    return checked


minutes = of_form("[1-9][0-9]{0,3}", "this needs a whole number of minutes")
