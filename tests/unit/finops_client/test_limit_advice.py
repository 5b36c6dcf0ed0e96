from finops_client.limit_advice import advice_at_limit


def test_too_many_jobs_can_be_listed_and_cancelled() -> None:
    advice = advice_at_limit("TOO_MANY_JOBS", 60)
    assert "ask --list" in advice
    assert "ask --cancel" in advice


def test_no_place_is_promised_at_once_for_a_job_that_is_cancelled_while_its_agents_work() -> None:
    assert "until its agents' time is over" in advice_at_limit("TOO_MANY_JOBS", None)


def test_other_limits_are_waited_out() -> None:
    assert advice_at_limit("RATE_LIMITED", 17) == "Try again in 17 seconds."
    assert advice_at_limit("RATE_LIMITED", None) == "Try again later."
