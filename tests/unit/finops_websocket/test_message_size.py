import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_websocket.message_size import MAX_TEXT_BYTES, SHORT_TEXT_BYTES, first_part, fits, wire_bytes

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


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_small_text_is_sent_whole(text: str) -> None:
    assert fits(text)
    assert first_part(text) is text


@settings(max_examples=40, deadline=None)
@given(text=LARGE_TEXTS, room=st.sampled_from([SHORT_TEXT_BYTES, MAX_TEXT_BYTES]) | st.integers(2, 2 * MAX_TEXT_BYTES))
def test_the_first_part_is_the_longest_beginning_that_fits(text: str, room: int) -> None:
    part = first_part(text, room)
    assert text.startswith(part)
    assert wire_bytes(part) <= room
    assert part == text or wire_bytes(text[: len(part) + 1]) > room
    assert fits(text, room) == (part == text)


@pytest.mark.parametrize("room", [SHORT_TEXT_BYTES, MAX_TEXT_BYTES])
@pytest.mark.parametrize(("character", "wire_size"), [("a", 1), ('"', 2), ("é", 2), ("€", 3), ("😀", 4), ("\x01", 6)])
def test_the_bound_is_exact(character: str, wire_size: int, room: int) -> None:
    # Two bytes are the quotes around a JSON string.
    most = (room - 2) // wire_size
    assert fits(character * most, room)
    assert not fits(character * (most + 1), room)
    assert first_part(character * (most + 1), room) == character * most


def test_without_a_word_about_room_a_text_may_be_as_large_as_a_message_takes() -> None:
    longest = "a" * (MAX_TEXT_BYTES - 2)
    assert fits(longest)
    assert first_part(longest + "a") == longest
