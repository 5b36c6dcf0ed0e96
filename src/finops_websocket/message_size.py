"""How much of a text fits into a message. Pure."""

import json

# "Results over 100 KB" go through the results bucket: the rest of API Gateway's 128 KB is for the query and the other
# fields around the text.
MAX_TEXT_BYTES = 100 * 1024


def wire_bytes(text: str) -> int:
    """Count the bytes that a text takes inside a message: as JSON, in UTF-8."""
    return len(json.dumps(text, ensure_ascii=False).encode())


def fits(text: str) -> bool:
    """Tell whether a text can be sent whole."""
    # A character takes at least a byte, so the long ones need not be encoded to be refused.
    return len(text) <= MAX_TEXT_BYTES and wire_bytes(text) <= MAX_TEXT_BYTES


def first_part(text: str) -> str:
    """Give the longest beginning of a text that can be sent."""
    if fits(text):
        return text
    shortest, longest = 0, min(len(text), MAX_TEXT_BYTES)
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        if wire_bytes(text[:middle]) <= MAX_TEXT_BYTES:
            shortest = middle
        else:
            longest = middle - 1
    return text[:shortest]
