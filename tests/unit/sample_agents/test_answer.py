from sample_agents.answer import compose
from sample_agents.month import Month, Period
from sample_agents.question import Question
from sample_agents.question_words import Kind

NOVEMBER = Period(Month(2026, 11), Month(2026, 11))


def test_answer_says_what_was_understood_first_and_what_cost_means_last(shipped):
    lines = compose(Question(Kind.COST, (NOVEMBER,), notes=("noted",)), shipped, "body", notes=("more",)).split("\n")
    assert lines[0] == "I understood: cost of all services in November 2026."
    assert lines[2] == "body"
    assert lines[4:7] == [
        "- noted",
        "- November 2026 is partial: the newest charge ends on 22 November 2026, 00:00 UTC.",
        "- more",
    ]
    assert "`EffectiveCost`" in lines[7]


def test_data_that_start_within_a_month(make_costs):
    costs = make_costs([{"ChargePeriodStart": "2026-05-10"}])
    text = compose(Question(Kind.COST, (Period(Month(2026, 4), Month(2026, 5)),)), costs)
    assert "May 2026 is partial" in text
    assert "April 2026 is partial" not in text
