"""An agent's figures: as the contract has them, or dropped while its answer stands."""

import json
import re
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from background_processor.agent_answer import answer_in
from background_processor.figures import MAX_FIGURES_BYTES
from background_processor.plain_text import plain_text
from contract_schema import errors_of
from finops_websocket.errors import AgentFailed
from unit.doubles.sample_figures import FORECAST

OTHER = {"title": "By service", "columns": [{"key": "s", "label": "Service", "type": "text"}], "rows": []}


def read(data):
    """Give what is read of an answer with these figures; it is the same answer whatever they are."""
    answer = answer_in(json.dumps({"statusCode": 200, "body": {"response": "Costs rose.", "data": data}}).encode())
    assert answer.content == "Costs rose."
    return answer


def passed_on(data):
    answer = read(data)
    assert answer.dropped is None
    return json.loads(answer.data)


@pytest.mark.parametrize("data", [[FORECAST], [FORECAST, OTHER], [OTHER] * 4])
def test_figures_are_passed_on_as_they_are(data):
    assert passed_on(data) == data


def test_a_field_that_is_newer_than_this_release_is_passed_on():
    newer = {**FORECAST, "note": {"of": ["a newer", "agent"]}, "chart": {**FORECAST["chart"], "colour": "red"}}
    assert passed_on([newer]) == [newer]


@pytest.mark.parametrize("none", [None, []])
def test_who_has_no_figures_may_say_so(none):
    assert (read(none).data, read(none).dropped) == (None, None)


def changed(**fields):
    """The forecast with fields in place of its own; those that are None are taken away."""
    return [{name: value for name, value in {**FORECAST, **fields}.items() if value is not None}]


def with_cells(**cells):
    return changed(rows=[*FORECAST["rows"], cells])


def with_column(**fields):
    return changed(columns=[{**FORECAST["columns"][0], **fields}, *FORECAST["columns"][1:]])


def with_chart(**fields):
    return changed(chart={name: value for name, value in {**FORECAST["chart"], **fields}.items() if value is not None})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([FORECAST] * 5, "contract has data otherwise"),
        (FORECAST, "contract has data otherwise"),
        ("figures", "contract has data otherwise"),
        ([FORECAST, 7], r"contract has data\[1\] otherwise"),
        (changed(title=None), r"contract has data\[0\] otherwise"),
        # Nothing is left of it.
        (changed(title="\u202e"), r"contract has data\[0\]\.title otherwise"),
        (with_column(type="duration"), r"contract has data\[0\]\.columns otherwise"),
        (with_column(currency="euro"), r"contract has data\[0\]\.columns otherwise"),
        (with_cells(cost=[]), r"contract has data\[0\]\.rows otherwise"),
        (with_cells(runs=2**53), r"contract has data\[0\]\.rows otherwise"),
        (with_chart(kind="pie"), r"contract has data\[0\]\.chart otherwise"),
        (with_chart(low=None), r"contract has data\[0\]\.chart otherwise"),
        (with_column(key="cost"), "same key"),
        (with_cells(cost=12.5), "cell .* money"),
        (with_cells(cost="1,234.50"), "cell .* money"),
        (with_cells(cost="1e3"), "cell .* money"),
        (with_cells(cost="٣"), "cell .* money"),
        (with_cells(share="12 %"), "cell .* percent"),
        (with_cells(runs="many"), "cell .* number"),
        (with_cells(month="May 2026"), "cell .* month"),
        (with_cells(day="2026-05"), "cell .* date"),
        (with_cells(note=7), "cell .* text"),
        (changed(total={"month": "Total", "cost": "all"}), "total .* money"),
        (with_chart(x="week"), "chart draws"),
        (with_chart(y="note"), "chart draws"),
        (with_chart(low="note", high="cost"), "chart draws"),
        (with_chart(forecastFrom="2027-12"), "forecastFrom"),
        (with_chart(partial="2027-12"), "forecastFrom or partial"),
        (with_cells(runs=float("inf")), "no JSON"),
        (changed(more=float("nan")), "no JSON"),
        (changed(more="é" * (MAX_FIGURES_BYTES // 2)), "more than 32768 bytes"),
        ([[]] * 1_000_000, "more than 32768 bytes"),
    ],
    ids=lambda value: str(value)[-60:],
)
def test_what_are_no_figures_is_dropped_and_the_answer_stands(data, reason):
    answer = read(data)
    assert answer.data is None
    assert re.search(reason, answer.dropped), answer.dropped


@pytest.mark.parametrize("depth", [200, 800, 2_000])
def test_deep_figures_are_taken_or_dropped_or_with_their_answer_not_read(depth):
    # How deep is too deep to be read is Python's own to say.
    figures = json.dumps(changed(more="deep")).replace('"deep"', "[" * depth + "]" * depth)
    with suppress(AgentFailed):
        assert answer_in(f'{{"response": "Costs rose.", "data": {figures}}}'.encode()).content == "Costs rose."


def test_figures_may_have_32_kb_and_not_a_byte_more():
    around = len(json.dumps(changed(more=""), ensure_ascii=False, separators=(",", ":")).encode())
    most = changed(more="x" * (MAX_FIGURES_BYTES - around))
    assert passed_on(most) == most
    assert read(changed(more="x" * (MAX_FIGURES_BYTES - around + 1))).data is None


def test_unseen_characters_are_taken_out_of_every_text_and_name():
    hostile = "a\x1b[31m\u202eb\ud83d"
    figure = {
        "title": hostile,
        "columns": [{"key": hostile, "label": hostile, "type": "text"}],
        "rows": [{hostile: hostile}],
        "more": [{hostile: hostile}],
    }
    [passed] = passed_on([figure])
    assert passed == {
        "title": "ab",
        "columns": [{"key": "ab", "label": "ab", "type": "text"}],
        "rows": [{"ab": "ab"}],
        "more": [{"ab": "ab"}],
    }


TEXTS = st.text(st.characters(exclude_categories=()), max_size=5)
NAMES = st.sampled_from(
    ["title", "columns", "rows", "total", "chart", "key", "label", "type", "currency", "kind", "x", "y", "low", "high"]
)
WORDS = st.sampled_from(["money", "text", "month", "bar", "USD", "2026-05", "12.50", "-1", "a", "b"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | WORDS,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(NAMES | WORDS | TEXTS, values, max_size=6),
    max_leaves=20,
)
# Nearly figures: what is wrong with them lies deep.
KEYS = st.sampled_from(["a", "b"])
CELLS = WORDS | st.integers() | st.floats() | st.none() | TEXTS
COLUMNS = st.fixed_dictionaries(
    {"key": KEYS, "label": WORDS | TEXTS, "type": st.sampled_from(["text", "number", "money", "percent", "month"])},
    optional={"currency": WORDS},
)
ROWS = st.dictionaries(KEYS, CELLS | ANY_JSON, max_size=2)
CHARTS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["bar", "line"]), "x": KEYS, "y": KEYS},
    optional={"low": KEYS, "high": KEYS, "forecastFrom": WORDS, "partial": WORDS},
)
FIGURES = st.lists(
    st.fixed_dictionaries(
        {
            "title": TEXTS | WORDS,
            "columns": st.lists(COLUMNS, min_size=1, max_size=2),
            "rows": st.lists(ROWS, max_size=2),
        },
        optional={"total": ROWS, "chart": CHARTS, "more": ANY_JSON},
    ),
    min_size=1,
    max_size=5,
)


@given(FIGURES | ANY_JSON)
@example([{**OTHER, "more": [[[[[[]]]]]]}])
def test_any_json_is_figures_of_the_contract_or_dropped(data):
    answer = read(data)
    if answer.data is None:
        assert (answer.dropped is None) == (data in (None, []))
        return
    figures = json.loads(answer.data, parse_constant=pytest.fail)
    assert errors_of("figures", figures) == []
    assert len(answer.data.encode()) <= MAX_FIGURES_BYTES
    assert plain_text(answer.data) == answer.data
