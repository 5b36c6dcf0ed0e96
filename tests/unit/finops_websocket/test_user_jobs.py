import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket.errors import RateLimited, TooManyJobs
from finops_websocket.user_jobs import JobLimits, UserJobs, user_key
from unit.finops_websocket.sample_jobs import AGENT_TIMEOUT

LIMITS = JobLimits(active_jobs=3, queries_per_minute=3, agent_timeout=AGENT_TIMEOUT)
START = 1_000_000


def asked(*seconds: int) -> UserJobs:
    """Give a user who asked so many seconds after the start, and whose jobs have all ended."""
    return UserJobs(asked_at=tuple(START + second for second in seconds), version=len(seconds))


def with_jobs(*job_ids: str) -> UserJobs:
    return UserJobs(active=job_ids)


def wait_of(user: UserJobs, second: int, limits: JobLimits = LIMITS) -> int:
    """Give after how many seconds the user may ask again, so many after the start; 0 is at once."""
    try:
        user.check_rate(START + second, limits)
    except RateLimited as error:
        return error.retry_after
    return 0


def test_as_many_questions_as_are_allowed_may_be_asked_at_once_and_no_more() -> None:
    assert wait_of(asked(0, 0), 0) == 0
    assert wait_of(asked(0, 0, 0), 0) == 60


def test_a_question_counts_for_exactly_a_minute() -> None:
    assert wait_of(asked(0, 0, 0), 59) == 1
    assert wait_of(asked(0, 0, 0), 60) == 0


def test_the_oldest_of_those_that_count_says_how_long_to_wait() -> None:
    assert wait_of(asked(0, 10, 20), 30) == 30
    # What is older than a minute does not.
    assert wait_of(asked(-60, 0, 10, 20), 30) == 30


def test_a_minute_is_any_sixty_seconds_and_not_the_clock_s() -> None:
    """Three before the minute's end do not make place for three after it."""
    user = asked(55, 56, 57)
    assert wait_of(user, 60) == 55
    assert wait_of(user, 115) == 0
    assert wait_of(user.with_job("job-4", START + 115), 115) == 1


def test_who_asked_more_than_is_allowed_by_now_waits_until_enough_is_past() -> None:
    """The limit was lowered while the user asked."""
    assert wait_of(asked(0, 10, 20), 30, replace(LIMITS, queries_per_minute=1)) == 50


def test_a_clock_that_goes_back_lets_nobody_ask_more() -> None:
    assert wait_of(asked(0, 0, 0), -30) == 90
    assert wait_of(asked(0, 0), -30) == 0


def test_a_clock_that_was_an_hour_ahead_keeps_nobody_out_for_an_hour() -> None:
    assert wait_of(asked(3600, 3600, 3600), 0) == 0


def test_as_many_jobs_as_are_allowed_may_be_active_and_no_more() -> None:
    with_jobs("job-1", "job-2").check_jobs(LIMITS)
    assert not with_jobs("job-1", "job-2").is_full(LIMITS)
    full = with_jobs("job-1", "job-2", "job-3")
    assert full.is_full(LIMITS)
    with pytest.raises(TooManyJobs) as refused:
        full.check_jobs(LIMITS)
    assert refused.value.retry_after == 30


def test_the_refusals_say_how_much_is_allowed() -> None:
    with pytest.raises(RateLimited, match="At most 3 questions a minute"):
        asked(0, 0, 0).check_rate(START, LIMITS)
    with pytest.raises(TooManyJobs, match="At most 3 questions are worked on"):
        with_jobs("job-1", "job-2", "job-3").check_jobs(LIMITS)


def test_jobs_that_have_ended_are_taken_out_and_the_others_keep_their_order() -> None:
    user = replace(asked(0, 1, 2), active=("job-1", "job-2", "job-3"))
    assert user.without({"job-2", "another-s"}) == replace(user, active=("job-1", "job-3"))
    assert user.without(set()) == user


def test_a_new_job_is_the_latest_and_raises_the_version() -> None:
    user = UserJobs(active=("job-1",), asked_at=(START,), version=7).with_job("job-2", START + 1)
    assert user == UserJobs(active=("job-1", "job-2"), asked_at=(START, START + 1), version=8)


def test_questions_of_more_than_a_minute_ago_are_forgotten() -> None:
    assert asked(0, 1, 2).with_job("job-4", START + 61).asked_at == (START + 2, START + 61)


def test_who_has_no_item_has_asked_nothing() -> None:
    assert UserJobs.from_item(None) == UserJobs(active=(), asked_at=(), version=0)


@given(
    user=st.builds(
        UserJobs,
        active=st.lists(st.uuids().map(str), max_size=5).map(tuple),
        asked_at=st.lists(st.integers(0, 2**40), max_size=5).map(tuple),
        version=st.integers(0, 2**40),
    )
)
def test_an_item_is_read_as_it_was_written(user: UserJobs) -> None:
    item = user.to_item("user-1", START)
    assert (item["jobId"], item["ttl"]) == (user_key("user-1"), START)
    as_read = {**item, "askedAt": [Decimal(each) for each in item["askedAt"]], "version": Decimal(item["version"])}
    assert UserJobs.from_item(as_read) == user


def test_a_user_s_item_is_in_no_index_of_jobs() -> None:
    """It would be swept, or listed: an index holds what has its keys."""
    assert not {"userId", "createdAt", "open"} & set(UserJobs().to_item("user-1", START))


USER_IDS = st.text(st.characters(exclude_categories=["Cs"]))


@given(USER_IDS, USER_IDS)
def test_every_user_has_a_key_of_its_own_that_is_no_job_s(first: str, second: str) -> None:
    assert re.fullmatch(r"user#[0-9a-f]{64}", user_key(first))
    assert (user_key(first) == user_key(second)) is (first == second)


@given(
    waits=st.lists(st.integers(0, 40), max_size=40),
    limits=st.builds(
        JobLimits, active_jobs=st.just(100), queries_per_minute=st.integers(1, 5), agent_timeout=st.just(AGENT_TIMEOUT)
    ),
)
def test_in_no_sixty_seconds_are_more_questions_taken_and_who_waits_as_told_is_not_refused(
    waits: list[int], limits: JobLimits
) -> None:
    user, second, taken = UserJobs(), 0, []
    for number, wait in enumerate(waits):
        second += wait
        told = wait_of(user, second, limits)
        if told:
            # Neither too long nor too short.
            assert wait_of(user, second + told - 1, limits) == 1
            assert wait_of(user, second + told, limits) == 0
        else:
            user = user.with_job(f"job-{number}", START + second)
            taken.append(second)
    for begin in taken:
        assert len([each for each in taken if begin <= each < begin + 60]) <= limits.queries_per_minute
