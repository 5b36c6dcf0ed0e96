"""What a command's options take, for argparse's `type`."""

import argparse
import calendar
import re
from collections.abc import Callable


def of_form(pattern: str, sentence: str) -> Callable[[str], str]:
    """Return a type that takes texts of one form only, and says the sentence of any other."""

    def checked(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise argparse.ArgumentTypeError(f"{sentence}, not {text}")
        return text

    return checked


def month(text: str) -> str:
    """Return the number, 1 to 12, of the month that is given by number or English name."""
    names = {name.casefold(): number for number, name in enumerate(calendar.month_name)}
    names |= {name.casefold(): number for number, name in enumerate(calendar.month_abbr)}
    number = names.get(text.casefold(), int(text) if text.isdecimal() else 0)
    if not 1 <= number <= 12:
        raise argparse.ArgumentTypeError(f"this needs a month such as 4 or April, not {text}")
    return str(number)


minutes = of_form("[1-9][0-9]{0,3}", "this needs a whole number of minutes")
