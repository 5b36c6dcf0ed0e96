import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_agents.months import Calendar, Month, Period
from sample_agents.period_words import take_periods
from sample_agents.question_words import DIMENSION_WORDS, FILLER_WORDS, KIND_WORDS, RANKING_WORDS, QuestionText
from sample_agents.vocabulary import usual_name

QUARTER = Calendar(Month(2026, 1), Month(2026, 3), frozenset())


def test_no_phrase_has_two_meanings():
    tables = [KIND_WORDS, DIMENSION_WORDS, RANKING_WORDS, FILLER_WORDS]
    phrases = [phrase for table in tables for phrase in table]
    assert len(phrases) == len(set(phrases))
    assert () not in phrases


@pytest.mark.parametrize("phrase", KIND_WORDS.keys() - {("month", "over", "month")}, ids=" ".join)
def test_no_kind_word_hides_a_period(phrase):
    assert take_periods(QuestionText(" ".join(phrase)), QUARTER, forecast=False, compare=False) == ((), False)


@pytest.mark.parametrize(
    ("name", "usual"),
    [
        ("Amazon EC2 Container Registry (ECR)", "Amazon ECR"),
        ("Storage Accounts", "Azure Storage"),
        ("EC2 - Other", "Amazon EC2"),
        ("Something of our own", "Something of our own"),
    ],
)
def test_usual_name(name, usual):
    assert usual_name(name) == usual


def test_longest_phrase_wins_and_no_word_is_taken_twice():
    text = QuestionText("azure sql and sql")
    found = text.take({("sql",): "any", ("azure", "sql"): "azure"})
    assert [(mention.start, mention.end, mention.meaning) for mention in found] == [(0, 2, "azure"), (3, 4, "any")]
    assert text.take({("sql",): "again"}) == []
    assert [text.word(position) for position in text.left()] == ["and"]


@given(st.text())
def test_any_text_is_split(text):
    words = QuestionText(text)
    assert words.left() == list(range(len(words.words)))
    assert words.word(-1) == words.word(len(words.words)) == ""


months = st.builds(Month, st.integers(2000, 2099), st.integers(1, 12))


@given(months, st.integers(0, 40))
def test_period_has_as_many_months_as_its_length_and_follows_the_one_before(month, length):
    period = Period(month, month.plus(length))
    assert len(list(period)) == len(period) == length + 1
    assert period.before().last.plus(1) == period.first
    assert len(period.before()) == len(period)
