import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_agents.question_text import QuestionText


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("S3 spend in 2026-05?", "s3 spend in may 2026"),
        ("05/2026", "may 2026"),
        ("2026/5", "may 2026"),
        ("2026-Q2", "q2 2026"),
        ("May '26", "may 2026"),
        ("May-July", "may to july"),
        ("April \u2013 Jun", "april to jun"),
        ("on 2026-05-14", "on day"),
        ("May I see my costs in May", "i see my costs in may"),
        ("us-east-1", "us east 1"),
    ],
)
def test_words(text, words):
    assert " ".join(QuestionText(text).words) == words


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
