from finops_websocket.optimistic_tries import optimistic_tries


def pauses_of_all_tries() -> list[float]:
    slept: list[float] = []
    assert list(optimistic_tries(slept.append)) == list(range(7))
    return slept


def test_there_is_a_pause_before_each_try_but_the_first() -> None:
    slept: list[float] = []
    tries = optimistic_tries(slept.append)
    assert (next(tries), slept) == (0, [])
    assert (next(tries), len(slept)) == (1, 1)


def test_the_pauses_may_double_and_stay_below_what_a_client_waits() -> None:
    for _ in range(100):
        slept = pauses_of_all_tries()
        assert all(0 <= pause <= 0.025 * 2**number for number, pause in enumerate(slept, 1))
        assert sum(slept) < 3.2


def test_no_two_come_back_together() -> None:
    assert pauses_of_all_tries() != pauses_of_all_tries()
