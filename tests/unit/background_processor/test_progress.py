import pytest
from hypothesis import given
from hypothesis import strategies as st

from background_processor import progress


def test_agents_share_the_way_from_asked_to_all_answered() -> None:
    assert [progress.after_answers(answered, 1) for answered in range(2)] == [15, 90]
    assert [progress.after_answers(answered, 2) for answered in range(3)] == [15, 52, 90]


@pytest.mark.parametrize(
    ("current", "answered", "asked", "expected"),
    [(15, 0, 2, 22), (22, 0, 2, 27), (51, 0, 2, 51), (52, 1, 2, 59), (89, 0, 1, 89)],
)
def test_a_heartbeat_goes_a_fifth_of_the_way(current: int, answered: int, asked: int, expected: int) -> None:
    assert progress.while_waiting(current, answered, asked) == expected


# The contract takes at most 10 agents for a question.
@given(asked=st.integers(1, 10), events=st.lists(st.booleans(), max_size=200))
def test_over_any_order_of_heartbeats_and_answers_progress_never_falls_and_stays_in_bounds(
    asked: int, events: list[bool]
) -> None:
    reached = [progress.CLAIMED, progress.ASKING]
    answered = 0
    for is_answer in events:
        if answered == asked:
            break
        if is_answer:
            answered += 1
            # As the processor does: a heartbeat may have gone ahead of the share.
            reached.append(max(reached[-1], progress.after_answers(answered, asked)))
        else:
            reached.append(progress.while_waiting(reached[-1], answered, asked))
            assert reached[-1] < progress.after_answers(answered + 1, asked)
    reached += [progress.COMPOSING, 100]
    assert reached == sorted(reached)
    assert all(0 <= value <= 100 for value in reached)


@given(current=st.integers(0, 100), asked=st.integers(1, 10), data=st.data())
def test_from_any_progress_a_heartbeat_falls_nowhere(current: int, asked: int, data: st.DataObject) -> None:
    answered = data.draw(st.integers(0, asked - 1))
    assert current <= progress.while_waiting(current, answered, asked) <= max(current, 89)
