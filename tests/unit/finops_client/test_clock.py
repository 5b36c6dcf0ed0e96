import time

from finops_client.clock import Clock


async def test_sleeping_takes_the_time_it_says() -> None:
    clock = Clock()
    before = clock.now()
    await clock.sleep(0.02)
    assert clock.now() - before >= 0.019


def test_unix_time_is_the_systems_clock() -> None:
    clock = Clock()
    before = time.time()
    assert before <= clock.unix_time() <= time.time()
