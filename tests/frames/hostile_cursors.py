"""Cursors that no job list had, and some that one could have had. Strategies of hypothesis."""

import base64
import json
from typing import Any

from hypothesis import strategies as st

from frames import hostile_values


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()


_times = st.one_of(st.sampled_from([-1, 0, 1, 1_000_000, 2**53 - 1, 2**53, 10**400, True, 1.5, "1"]), st.integers())
_places = st.builds(lambda time, key: [time, key], _times, hostile_values.texts)

cursors = st.one_of(
    _places.map(_encoded),
    _places.map(_encoded).map(lambda cursor: cursor.rstrip("=")),
    hostile_values.values.map(_encoded),
    st.binary(max_size=60).map(lambda content: base64.b64encode(content).decode()),
    st.builds(lambda depth: base64.urlsafe_b64encode(b"[" * depth).decode(), st.integers(1, 1500)),
    hostile_values.texts,
)
