from finops_websocket.report import Part, compose

COSTS = Part("Cost analysis", "Costs rose.", has_failed=False)
SAVINGS = Part("Optimisation", "Delete the idle disk.", has_failed=False)
LATE = Part("Optimisation", "It did not answer in time.", has_failed=True)
BROKEN = Part("Cost analysis", "It stopped with an error.", has_failed=True)


def test_one_agent_s_answer_is_the_whole_answer() -> None:
    assert compose([COSTS]) == "Costs rose."


def test_several_parts_keep_their_order_and_their_headings() -> None:
    assert compose([SAVINGS, COSTS]) == ("## Optimisation\n\nDelete the idle disk.\n\n## Cost analysis\n\nCosts rose.")


def test_what_is_missing_is_said_at_the_end() -> None:
    assert compose([LATE, COSTS]) == (
        "## Cost analysis\n\nCosts rose.\n\n> **This answer is partial.** Optimisation: It did not answer in time."
    )


def test_all_that_is_missing_is_said_in_one_paragraph() -> None:
    assert compose([BROKEN, LATE]) == (
        "> **This answer is partial.** Cost analysis: It stopped with an error. "
        "Optimisation: It did not answer in time."
    )
