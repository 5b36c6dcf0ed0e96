from sample_agents.month import Calendar, Month
from sample_agents.period_words import take_periods
from sample_agents.question_text import QuestionText
from sample_agents.question_words import DIMENSION_WORDS, FILLER_WORDS, KIND_WORDS, RANKING_WORDS, Kind


def test_no_phrase_has_two_meanings():
    tables = [KIND_WORDS, DIMENSION_WORDS, RANKING_WORDS, FILLER_WORDS]
    phrases = [phrase for table in tables for phrase in table]
    assert len(phrases) == len(set(phrases))
    assert () not in phrases


def test_no_kind_word_hides_a_period():
    calendar = Calendar(Month(2026, 1), Month(2026, 3), Month(2026, 3), frozenset())
    for phrase in KIND_WORDS:
        text = QuestionText(" ".join(phrase))
        if phrase != ("month", "over", "month"):
            assert take_periods(text, calendar, forecast=False, compare=False).named == ()


def test_rankings_with_and_without_a_number():
    assert RANKING_WORDS[("top",)] == 5
    assert RANKING_WORDS[("top", "10")] == RANKING_WORDS[("ten", "biggest")] == 10
    assert KIND_WORDS[("how", "much")] is Kind.COST
