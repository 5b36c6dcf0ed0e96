"""How much of a text fits into a message. Pure."""

import json

# "Results over 100 KB" go through the results bucket: the rest of API Gateway's 128 KB is for the query and the other
# fields around the text.
MAX_TEXT_BYTES = 100 * 1024

# Of each text, where several together do not fit: two answers, the response of both and the query stay below 64 KB.
SHORT_TEXT_BYTES = 16 * 1024


def wire_bytes(text: str) -> int:
    """Count the bytes that a text takes inside a message: as JSON, in UTF-8."""
    return len(json.dumps(text, ensure_ascii=False).encode())


def fits(text: str, room: int = MAX_TEXT_BYTES) -> bool:
    """Tell whether a text can be sent whole in so many bytes."""
    # A character takes at least a byte, so the long ones need not be encoded to be refused.
    return len(text) <= room and wire_bytes(text) <= room


def first_part(text: str, room: int = MAX_TEXT_BYTES) -> str:
    """Give the longest beginning of a text that can be sent in so many bytes."""
    if fits(text, room):
        return text
    shortest, longest = 0, min(len(text), room)
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        if wire_bytes(text[:middle]) <= room:
            shortest = middle
        else:
            longest = middle - 1
    return text[:shortest]
