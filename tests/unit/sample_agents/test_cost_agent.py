"""The cost agent's amounts and reports: question in, answer out."""

import csv
import io
from collections import defaultdict
from decimal import Decimal

import pytest

from sample_agents.cost_agent.forecast import Trend
from sample_agents.focus_export import read_costs
from sample_agents.writing import amount

S3 = {"ServiceName": "Amazon Simple Storage Service"}
ANY_TIME = ("2025", "2026")
TWO_CURRENCIES = [{"EffectiveCost": "1"}, {"EffectiveCost": "2", "BillingCurrency": "EUR"}]
JUNE = {"ChargePeriodStart": "2026-06-01", "ChargePeriodEnd": "2026-07-01"}


def cents(value, sign=""):
    return f"{value.quantize(Decimal('0.01')):{sign},}"


def summed(rows, column, *, starts=ANY_TIME, **only):
    sums = defaultdict(Decimal)
    for row in rows:
        if row["ChargePeriodStart"].startswith(starts) and all(row[name] == value for name, value in only.items()):
            sums[row[column] or "(no region)"] += Decimal(row["EffectiveCost"])
    return sums


def total_of(rows, **selection):
    return sum(summed(rows, "BillingCurrency", **selection).values())


def table_of(given):
    return [line for line in given.markdown.splitlines() if line.startswith("| ")][2:]


def months(count, **columns):
    return [
        {"ChargePeriodStart": f"2026-{number:02}-01", "ChargePeriodEnd": f"2026-{number + 1:02}-01"} | columns
        for number in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("question", "starts", "only", "column"),
    [
        ("What was my S3 spend in May?", "2026-05", S3, None),
        ("S3 by region in May", "2026-05", S3, "RegionId"),
        ("S3 in us-west-2, all time", ANY_TIME, S3 | {"RegionId": "us-west-2"}, None),
        ("spend by region in Q3", ("2026-07", "2026-08", "2026-09"), {}, "RegionId"),
        ("cost by service last month", "2026-10", {}, "ServiceName"),
        ("cost by service in November 2025", "2025-11", {}, "ServiceName"),
        ("cost by provider this year", "2026", {}, "ProviderName"),
        ("production spend in 2025", "2025", {"SubAccountName": "production"}, None),
        ("S3 by region this month", "2026-11", S3, "RegionId"),
    ],
)
def test_amounts_are_those_of_the_raw_file(ask, shipped_rows, question, starts, only, column):
    given = ask(question)
    total = total_of(shipped_rows, starts=starts, **only)
    assert f"cost {cents(total)} USD in" in given.markdown
    assert f"| **Total** | **{cents(total)}** | 100.0 % |" in given.markdown
    if column:
        for value, cost in summed(shipped_rows, column, starts=starts, **only).items():
            assert f"| {value} | {cents(cost)} |" in given.markdown or cost == 0
    assert (given.kind, given.found) == ("cost", True)


def test_accounts_are_shown_with_their_names(ask, make_costs):
    costs = make_costs([{"EffectiveCost": "3"}, {"SubAccountId": "999", "SubAccountName": ""}])
    rows = ["| production (111122223333) | 3.00 | 75.0 % |", "| 999 | 1.00 | 25.0 % |"]
    assert table_of(ask("cost by account", costs))[:2] == rows


def test_real_export(ask, focus_sample):
    costs = read_costs(io.BytesIO(focus_sample))
    rows = list(csv.DictReader(io.StringIO(focus_sample.decode("utf-8-sig"), newline="")))
    assert f"cost {cents(sum(Decimal(row['EffectiveCost']) for row in rows))} USD" in ask("cost", costs).markdown
    for provider in ("Microsoft", "AWS"):
        total = sum(Decimal(row["EffectiveCost"]) for row in rows if row["ProviderName"] == provider)
        assert f"cost {cents(total)} USD in September 2024" in ask(f"{provider} spend in September", costs).markdown


def test_top_names_the_highest_and_adds_up_the_others(ask, shipped_rows):
    ranked = sorted(summed(shipped_rows, "ServiceName", starts="2026-10").items(), key=lambda item: -item[1])
    rows = table_of(ask("top 5 services last month"))
    assert [row.split(" | ")[0] for row in rows[:5]] == [f"| {name}" for name, _ in ranked[:5]]
    assert rows[5].startswith(f"| 7 more | {cents(sum(cost for _, cost in ranked[5:]))} |")


def test_change_from_the_month_before(ask, shipped_rows):
    april, may = (total_of(shipped_rows, starts=month, **S3) for month in ("2026-04", "2026-05"))
    expected = f"(April 2026: {cents(april)} USD; change: {100 * (may - april) / april:+.1f} %)"
    assert expected in ask("S3 in May").markdown


def test_partial_month_is_marked_and_not_compared(ask):
    markdown = ask("S3 this month").markdown
    assert "| November 2026 (partial) |" in markdown
    assert "change:" not in markdown
    assert markdown.splitlines()[-1].startswith("- Cost is the FOCUS column `EffectiveCost`")


@pytest.mark.parametrize(
    ("question", "rows", "found"),
    [
        # Currencies are never added up.
        ("cost in May", TWO_CURRENCIES, "cost 2.00 EUR in May"),
        ("cost in May", TWO_CURRENCIES, "cost 1.00 USD in May"),
        ("cost in May", [{"EffectiveCost": "0"}], "| **Total** | **0.00** |  |"),
        ("cost in May", [{"EffectiveCost": "0.0000008"}], "cost less than 0.01 (0.00000080) USD in May 2026"),
        # Names from the data stay in their cell.
        ("cost by service", [{"ServiceName": "a | **x**\n| <b>"}], r"| a \| \*\*x\*\* \| &lt;b&gt; | 1.00 | 100.0 % |"),
        ("compare lambda in May", [{}, *months(5, ServiceName="AWS Lambda")], "AWS Lambda in April 2026 compared"),
        # Months without a charge count as zero in a forecast; a currency with too few months has none.
        ("forecast", [*months(2, EffectiveCost="8"), *months(8, EffectiveCost="8")[4:]], "cost 6.00 USD a month"),
        ("forecast", [*months(6), *months(6, BillingCurrency="EUR")[3:]], "**No forecast in EUR**"),
        ("forecast", [*months(6), *months(6, BillingCurrency="EUR")[3:]], "**Expected for Q3 2026: 3.00 USD**"),
    ],
)  # fmt: skip
def test_answers_from_small_data(ask, make_costs, question, rows, found):
    given = ask(question, make_costs(rows))
    assert found in given.markdown
    assert given.found


@pytest.mark.parametrize(
    ("question", "rows", "sentence"),
    [
        (
            "S3 in eu-west-1",
            [{}, {"ServiceName": "AWS Lambda", "RegionId": "eu-west-1"}],
            "**There is no charge** for Amazon S3 in region eu-west-1 in May 2026.",
        ),
        (
            "compare lambda in April and May",
            [{"ChargePeriodStart": "2026-04-01"}, {}, *months(3, ServiceName="AWS Lambda")],
            "**There is no charge** for AWS Lambda in these periods.",
        ),
        (
            "forecast lambda in us-east-1",
            [*months(6), {"ServiceName": "AWS Lambda", "RegionId": "eu-west-1", "RegionName": ""}],
            "**There is no charge** for AWS Lambda in region us-east-1, so there is nothing to forecast.",
        ),
        ("forecast", months(5), "**No forecast in USD**: all services has 5 complete months of history"),
    ],
)
def test_nothing_found_is_said(ask, make_costs, question, rows, sentence):
    given = ask(question, make_costs(rows))
    assert sentence in given.markdown
    assert not given.found


def test_two_periods_are_compared_value_by_value(ask, shipped_rows):
    april, may = (summed(shipped_rows, "ServiceName", starts=month) for month in ("2026-04", "2026-05"))
    given = ask("compare April and May by service")
    for name, before in april.items():
        amounts = f"{cents(before)} | {cents(may[name])} | {cents(may[name] - before, '+')}"
        assert f"| {name} | {amounts} | {100 * (may[name] - before) / before:+.1f} % |" in given.markdown
    assert (given.kind, given.found) == ("comparison", True)
    assert "differ in length" not in given.markdown
    assert "| 9 more |" in ask("compare April and May top 3 services").markdown


def test_largest_change_comes_first_whatever_its_direction(ask, make_costs):
    may = [{"ServiceName": "A", "EffectiveCost": "100"}, {"ServiceName": "B", "EffectiveCost": "50"}]
    june = [{"ServiceName": "A", "EffectiveCost": "101"}, {"ServiceName": "B", "EffectiveCost": "20"}]
    given = ask("compare May and June", make_costs([*may, *(row | JUNE for row in june)]))
    assert table_of(given) == [
        "| B | 50.00 | 20.00 | -30.00 | -60.0 % |",
        "| A | 100.00 | 101.00 | +1.00 | +1.0 % |",
        "| **Total** | 150.00 | 121.00 | -29.00 | -19.3 % |",
    ]
    assert "**June 2026 cost 29.00 USD less than May 2026**" in given.markdown


def test_more_than_two_periods_stand_side_by_side_without_a_change(ask):
    markdown = ask("cost by region and month in Q3").markdown
    assert "| Region | July 2026 (USD) | August 2026 (USD) | September 2026 (USD) |" in markdown
    assert "Change" not in markdown


def test_forecast_from_the_raw_file(ask, shipped_rows):
    months = sorted({row["ChargePeriodStart"][:7] for row in shipped_rows})
    by_month = [total_of(shipped_rows, starts=month) for month in months]
    estimate = Trend(by_month[:-1]).estimate([1])
    given = ask("forecast")
    cells = (amount(value, "USD") for value in (estimate.expected, estimate.low, estimate.high))
    assert f"| November 2026 | {' | '.join(cells)} |" in given.markdown
    assert f"November 2026 so far: {cents(by_month[-1])} USD" in given.markdown
    assert "| **Total** |" in given.markdown
    assert "80 % prediction interval" in given.markdown
    assert (given.kind, given.found) == ("forecast", True)
