"""How much of a text fits into a message. Pure."""

import json
from collections.abc import Iterable

# API Gateway takes at most 128 KB a message:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
MAX_MESSAGE_BYTES = 128 * 1024

# "Results over 100 KB" go through the results bucket: the rest of a message is for the query and the other fields.
MAX_TEXT_BYTES = 100 * 1024


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


def room_for_each(texts: Iterable[str], beside: int) -> int:
    """Give the most bytes that each of a message's texts may take, with `beside` bytes of other fields.

    Texts that take less leave what they do not need to the others.
    """
    left = MAX_MESSAGE_BYTES - beside
    sizes = sorted(map(wire_bytes, texts))
    while sizes and sizes[0] * len(sizes) <= left:
        left -= sizes.pop(0)
    return min(MAX_TEXT_BYTES, left // len(sizes) if sizes else MAX_TEXT_BYTES)
