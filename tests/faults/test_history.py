import json
import threading
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from faults.history import Closed, Crashed, Event, History, Injected, Invoked, Opened, Received, Sent, Stored

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
OBJECTS: Any = st.dictionaries(st.text(), JSON, max_size=3)
TIMES = st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.text()
EVENTS = st.one_of(
    st.builds(Sent, TIMES, NAMES, NAMES, OBJECTS),
    st.builds(Received, TIMES, NAMES, NAMES, OBJECTS),
    st.builds(Opened, TIMES, NAMES, NAMES),
    st.builds(Closed, TIMES, NAMES, NAMES),
    st.builds(Stored, TIMES, OBJECTS),
    st.builds(Invoked, TIMES, NAMES, NAMES),
    st.builds(Crashed, TIMES, st.none() | NAMES),
    st.builds(Injected, TIMES, NAMES, NAMES, NAMES),
)


@given(st.lists(EVENTS, max_size=5), st.dictionaries(NAMES, OBJECTS, max_size=2), st.lists(NAMES, max_size=2))
def test_what_is_saved_is_loaded(
    tmp_path_factory: Any, events: list[Event], final_items: dict[str, Any], dead_letters: list[str]
) -> None:
    history = History()
    for event in events:
        history.add(event)
    history.final_items, history.dead_letters = final_items, dead_letters
    path: Path = tmp_path_factory.mktemp("histories") / "history.jsonl"

    history.save(path)
    loaded = History.load(path)

    assert (loaded.events, loaded.final_items, loaded.dead_letters) == (events, final_items, dead_letters)


def test_a_line_is_one_event_that_anybody_can_read(tmp_path: Path) -> None:
    history = History()
    history.add(Opened(1.5, "ann", "ann-1"))
    history.save(tmp_path / "history.jsonl")

    first, last = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]

    assert first == {"event": "Opened", "at": 1.5, "user": "ann", "connection": "ann-1"}
    assert last == {"event": "End", "final_items": {}, "dead_letters": []}


def test_followers_as_the_store_has_them_become_a_list(tmp_path: Path) -> None:
    history = History()
    history.add(Stored(1.0, {"jobId": "job-1", "followers": {"b", "a"}}))
    history.save(tmp_path / "history.jsonl")

    assert History.load(tmp_path / "history.jsonl").events == [Stored(1.0, {"jobId": "job-1", "followers": ["a", "b"]})]


def test_many_threads_add_and_nothing_is_lost() -> None:
    history = History()

    def add_many(name: str) -> None:
        for number in range(500):
            history.add(Opened(float(number), name, name))

    threads = [threading.Thread(target=add_many, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(history.events) == 2000
    assert [event.at for event in history.events if isinstance(event, Opened) and event.user == "2"] == list(range(500))
