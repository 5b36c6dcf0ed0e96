"""How much of a text fits into a message."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_websocket.wire.size import (
    MAX_MESSAGE_BYTES,
    MAX_TEXT_BYTES,
    first_part,
    fits,
    room_for_each,
    wire_bytes,
)

# One character of each size on the wire: 1, 2 (escaped, and in UTF-8), 3, 4 and 6 bytes (a control character).
PIECES = st.sampled_from(['"', "\\", "\n", "\x00", "\x1f", "\x7f", "a", "é", "€", "😀", "\u2028"]) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5
)
LARGE_TEXTS = st.builds(
    lambda pieces, count: "".join(pieces) * (count // len("".join(pieces)) + 1),
    st.lists(PIECES, min_size=1, max_size=5),
    st.integers(15_000, 2 * MAX_TEXT_BYTES),
)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_bytes_are_counted_as_the_wire_has_them(text: str) -> None:
    frame = json.dumps({"content": text}, ensure_ascii=False, separators=(",", ":")).encode()
    assert wire_bytes(text) == len(frame) - len('{"content":}')


@settings(max_examples=40, deadline=None)
@given(text=LARGE_TEXTS, room=st.integers(2, 2 * MAX_TEXT_BYTES))
def test_the_first_part_is_the_longest_beginning_that_fits(text: str, room: int) -> None:
    part = first_part(text, room)
    assert text.startswith(part)
    assert wire_bytes(part) <= room
    assert part == text or wire_bytes(text[: len(part) + 1]) > room
    assert fits(text, room) == (part == text)


@pytest.mark.parametrize(("character", "wire_size"), [("a", 1), ('"', 2), ("é", 2), ("€", 3), ("😀", 4), ("\x01", 6)])
def test_the_bound_is_exact(character: str, wire_size: int) -> None:
    # Two bytes are the quotes around a JSON string.
    most = character * ((MAX_TEXT_BYTES - 2) // wire_size)
    assert fits(most)
    assert first_part(most) is most
    assert not fits(most + character)
    assert first_part(most + character) == most


def test_the_bounds_are_api_gateway_s_and_the_guide_s() -> None:
    assert (MAX_MESSAGE_BYTES, MAX_TEXT_BYTES) == (131_072, 102_400)


@settings(deadline=None)
@given(sizes=st.lists(st.integers(0, MAX_MESSAGE_BYTES), max_size=6), beside=st.integers(0, MAX_MESSAGE_BYTES // 2))
def test_texts_cut_to_their_room_fill_a_message_and_never_more(sizes: list[int], beside: int) -> None:
    texts = ["x" * size for size in sizes]
    room = room_for_each(texts, beside)
    taken = [min(wire_bytes(text), room) for text in texts]
    assert beside + sum(taken) <= MAX_MESSAGE_BYTES
    assert room <= MAX_TEXT_BYTES
    is_cut = any(wire_bytes(text) > room for text in texts)
    # What small texts leave is the large ones': less than a byte for each is left over.
    assert not is_cut or room == MAX_TEXT_BYTES or MAX_MESSAGE_BYTES - beside - sum(taken) < len(texts)
    assert is_cut or room == MAX_TEXT_BYTES
