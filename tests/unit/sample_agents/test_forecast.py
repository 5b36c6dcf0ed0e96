"""Forecasts: which method back-tests choose, that the range holds 8 times of 10, and what is refused."""

import math
import random
from datetime import date, timedelta
from decimal import Context, Decimal, localcontext

import pytest

from background_processor.figures import figures_json
from sample_agents.answering.figures import as_data
from sample_agents.answering.forecast import Model, Running
from sample_agents.answering.report import answer
from sample_agents.errors import UnanswerableError
from sample_agents.query import Dimension, Filter, Period, Query, Shape

TODAY = date(2026, 11, 30)
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
NEXT_QUARTER = Period(date(2026, 11, 1), date(2027, 2, 1))


def season(month):
    return 200 * math.sin(2 * math.pi * month / 12)


@pytest.mark.parametrize(
    ("history", "wanted"),
    [
        ([100.0] * 12, [100, 100, 100]),
        ([100.0 + 10 * month for month in range(12)], [220, 230, 240]),
        ([1000 + season(month) for month in range(36)], [1000 + season(month) for month in (36, 37, 38)]),
        ([100.0] * 8 + [200.0] * 10, [200, 200, 200]),
    ],
)
def test_the_method_fits_the_months(history, wanted):
    assert Model(history).expected(3) == pytest.approx(wanted, rel=0.01)


LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] * 5


def test_months_that_differ_only_in_length_are_forecast_by_day():
    model = Model.of_months([10.0 * days for days in LENGTHS[:12]], None, LENGTHS)
    assert model.expected(3) == pytest.approx([310, 280, 310])
    assert model.spread(1, 3) == pytest.approx(0)
    monthly = Model.of_months([100.0] * 12, None, LENGTHS)
    assert monthly.expected(3) == pytest.approx([100, 100, 100])


def test_a_running_month_is_what_is_spent_of_it_and_what_usually_follows():
    # A third of each month comes by the tenth day; this month began at twice that.
    model = Model([90.0] * 12, Running(1 / 3, 60.0, [30.0] * 12))
    assert model.expected(1)[0] >= 60 + 60


def series(kind, months, numbers):
    """Monthly amounts about 1,000, as bills move: with a trend, seasons, steps, compound growth or a random walk."""
    noise = numbers.choice([10, 30, 80])
    level, amounts = 1000.0, []
    slope, swing, growth = numbers.choice([-15, 10, 30]), numbers.choice([100, 250]), numbers.choice([0.98, 1.02, 1.05])
    for month in range(months):
        if kind == "steps" and numbers.random() < 0.1:
            level *= numbers.choice([0.8, 1.25])
        if kind == "walk":
            level += numbers.gauss(0, noise)
        height = {
            "trend": level + slope * month,
            "seasons": level + swing * math.sin(2 * math.pi * month / 12),
            "growth": level * growth**month,
        }.get(kind, level)
        amounts.append(height + (0 if kind == "walk" else numbers.gauss(0, noise)))
    return amounts


@pytest.mark.parametrize("is_by_day", [False, True])
@pytest.mark.parametrize("is_running", [False, True])
def test_the_range_holds_about_8_times_of_10(is_running, is_by_day):
    numbers = random.Random(5)
    held = tries = 0
    for kind in ("flat", "trend", "seasons", "steps", "growth", "walk"):
        for known in (6, 9, 13, 25):
            for first, last in ((1, 1), (2, 2), (1, 3), (1, 6)):
                for _ in range(6):
                    amounts = series(kind, known + last, numbers)
                    if is_by_day:
                        amounts = [amount * days / 30 for amount, days in zip(amounts, LENGTHS, strict=False)]
                    begun = [amount * numbers.gauss(0.6, 0.03) for amount in amounts]
                    running = Running(0.6, begun[known], begun[:known]) if is_running else None
                    model = Model(amounts[:known], running)
                    if is_by_day:
                        model = Model.of_months(amounts[:known], running, LENGTHS)
                    off = sum(amounts[known + first - 1 :]) - sum(model.expected(last)[first - 1 :])
                    held += abs(off) <= model.spread(first, last)
                    tries += 1
    assert 0.75 <= held / tries <= 0.87


def test_the_range_widens_with_the_months_ahead():
    model = Model(series("walk", 30, random.Random(3)))
    assert model.spread(1, 1) < model.spread(1, 3) < model.spread(1, 12)


def charges(end, cost, first=date(2025, 11, 1)):
    """A day's charge each day before the end."""
    return [
        {
            "ChargePeriodStart": f"{day}T00:00:00Z",
            "ChargePeriodEnd": f"{day + timedelta(days=1)}T00:00:00Z",
            "EffectiveCost": str(cost),
        }
        for day in Period(first, end)
    ]


def ask(costs, period, **parts):
    with localcontext(Context(prec=60)):
        return answer(Query(Shape.FORECAST, periods=(period,), **parts), costs, TODAY)


def test_a_period_that_has_begun_is_what_is_spent_and_what_is_expected(load):
    given = ask(load(charges(date(2026, 11, 22), 10)), YEAR)
    (figure,) = given.figures
    assert figure.total["spent"] == 3250
    assert figure.total["expected"] == pytest.approx(Decimal(90 + 310), rel=Decimal("0.1"))
    assert figure.total["amount"] == sum(row["amount"] for row in figure.rows)
    assert "3,040.00 USD from January to October 2026, 210.00 USD from 1 to 21 November 2026" in given.markdown
    assert figure.chart["forecastFrom"] == "2026-11"
    assert figure.rows[0]["low"] is None
    assert figure.rows[-1]["low"] <= figure.rows[-1]["amount"] <= figure.rows[-1]["high"]


def test_what_begins_after_the_data_end_is_expected_only_and_part_of_a_month_by_its_days(load):
    costs = load(charges(date(2026, 11, 1), 10))
    rest = ask(costs, Period(date(2026, 11, 1), date(2027, 1, 1))).figures[0]
    assert [column.key for column in rest.columns] == ["month", "amount", "low", "high"]
    assert rest.total["amount"] == pytest.approx(610, rel=0.05)
    half = ask(costs, Period(date(2026, 11, 1), date(2026, 11, 16))).figures[0]
    assert half.rows[0]["amount"] == pytest.approx(rest.rows[0]["amount"] / 2, abs=Decimal("0.01"))


def test_what_the_data_lack_of_the_past_is_said_in_the_headline(load):
    begun = ask(load(charges(date(2026, 11, 1), 10, date(2026, 3, 1))), YEAR)
    assert "USD, from 1 March 2026**" in begun.markdown
    rows = [
        row | {"ProviderName": name}
        for name, end in (("AWS", (11, 22)), ("Microsoft", (11, 11)), ("Oracle", (9, 1)))
        for row in charges(date(2026, *end), 10)
    ]
    late = ask(load(rows), YEAR)
    assert "without Oracle, whose data end on 31 August 2026" in late.markdown.split("**")[1]
    # Until 10 November both have delivered; what follows is expected of both.
    assert late.figures[0].total["spent"] == 10 * (314 + 314 + 243)


def test_the_shipped_data_are_expected_to_go_on_as_they_did(shipped):
    year = ask(shipped, YEAR)
    assert "204,254.04 USD from January to October 2026" in year.markdown
    assert float(year.figures[0].total["amount"]) == pytest.approx(250_906, rel=0.02)
    assert "back-tests" in year.markdown
    assert figures_json(as_data(year.figures))
    quarter = ask(shipped, Period(date(2026, 10, 1), date(2027, 1, 1)))
    assert float(quarter.figures[0].total["amount"]) == pytest.approx(69_912, rel=0.02)


def test_currencies_and_filters_are_forecast_by_themselves(load):
    rows = charges(date(2026, 11, 1), 10) + [row | {"BillingCurrency": "EUR"} for row in charges(date(2026, 11, 1), 20)]
    costs = load([*rows, *(row | {"ServiceName": "Other"} for row in rows)])
    given = ask(costs, NEXT_QUARTER, filters=(Filter(Dimension.SERVICE, ("Other",)),))
    assert [figure.columns[1].currency for figure in given.figures] == ["EUR", "USD"]
    assert [float(figure.total["amount"]) for figure in given.figures] == pytest.approx([1840, 920], rel=0.05)


@pytest.mark.parametrize(
    ("rows", "period", "why"),
    [
        (
            charges(date(2026, 11, 1), 1, date(2026, 6, 1)),
            NEXT_QUARTER,
            "at least 6 whole months for a forecast, and have 5",
        ),
        (
            charges(date(2026, 11, 1), 1),
            Period(date(2029, 1, 1), date(2030, 1, 1)),
            "at most 18 months ahead: to April 2028",
        ),
        (
            charges(date(2026, 11, 1), 1),
            Period(date(2026, 9, 1), date(2026, 10, 1)),
            "September 2026 is over in the data",
        ),
        (
            charges(date(2026, 5, 1), 1) + charges(date(2026, 11, 1), 1, date(2026, 6, 1)),
            NEXT_QUARTER,
            "have 5, because May 2026 is not whole in the data, and I forecast over no gap",
        ),
        (
            charges(date(2026, 5, 10), 1) + charges(date(2026, 11, 1), 1, date(2026, 6, 1)),
            NEXT_QUARTER,
            "have 5, because May 2026 is not whole in the data, and I forecast over no gap",
        ),
    ],
)
def test_what_cannot_be_forecast_is_refused(load, rows, period, why):
    with pytest.raises(UnanswerableError, match=why):
        ask(load(rows), period)


def test_a_selection_with_a_short_history_has_no_forecast(load):
    rows = charges(date(2026, 11, 1), 10)
    rows += [row | {"ServiceName": "New"} for row in charges(date(2026, 11, 1), 10, date(2026, 8, 1))]
    given = ask(load(rows), NEXT_QUARTER, filters=(Filter(Dimension.SERVICE, ("New",)),))
    assert "**No forecast in USD**: the selection has 3 whole months of history" in given.markdown
    assert not given.figures
