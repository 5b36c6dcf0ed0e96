import csv
from collections import defaultdict
from decimal import Decimal

import pytest

from sample_agents.cost_agent.cost_report import cost_report
from sample_agents.costs import add_up
from sample_agents.focus_export import read_charges
from sample_agents.money import money
from sample_agents.understanding import understand


def ask(text, costs):
    return cost_report(understand(text, costs), costs)


def cents(value):
    return f"{value.quantize(Decimal('0.01')):,}"


def summed(rows, column, *, starts=("2025", "2026"), **only):
    sums = defaultdict(Decimal)
    for row in rows:
        if row["ChargePeriodStart"].startswith(starts) and all(row[name] == value for name, value in only.items()):
            sums[row[column]] += Decimal(row["EffectiveCost"])
    return sums


S3 = {"ServiceName": "Amazon Simple Storage Service"}


@pytest.mark.parametrize(
    ("text", "starts", "only", "column"),
    [
        ("What was my S3 spend in May?", "2026-05", S3, None),
        ("S3 by region in May", "2026-05", S3, "RegionId"),
        ("spend by region in Q3", ("2026-07", "2026-08", "2026-09"), {}, "RegionId"),
        ("cost by service last month", "2026-10", {}, "ServiceName"),
        ("production spend in 2025", "2025", {"SubAccountName": "production"}, None),
        ("S3 by region this month", "2026-11", S3, "RegionId"),
    ],
)
def test_amounts_are_those_of_the_raw_file(shipped, shipped_rows, text, starts, only, column):
    answer = ask(text, shipped)
    total = sum(summed(shipped_rows, "BillingCurrency", starts=starts, **only).values())
    assert f"cost {cents(total)} USD in" in answer.markdown
    assert f"| **Total** | **{cents(total)}** | 100.0 % |" in answer.markdown
    if column:
        for value, cost in summed(shipped_rows, column, starts=starts, **only).items():
            assert f"| {value} | {cents(cost)} |" in answer.markdown or cost == 0
    assert answer.found


def test_top_names_the_highest_and_adds_up_the_others(shipped, shipped_rows):
    ranked = sorted(summed(shipped_rows, "ServiceName", starts="2026-10").items(), key=lambda item: -item[1])
    lines = ask("top 5 services last month", shipped).markdown.splitlines()
    table = [line for line in lines if line.startswith("| ")][2:]
    assert [line.split(" | ")[0] for line in table[:5]] == [f"| {name}" for name, _ in ranked[:5]]
    assert table[5].startswith(f"| 7 more | {cents(sum(cost for _, cost in ranked[5:]))} |")


def test_change_from_the_month_before(shipped, shipped_rows):
    april, may = (
        sum(summed(shipped_rows, "BillingCurrency", starts=month, **S3).values()) for month in ("2026-04", "2026-05")
    )
    percent = 100 * (may - april) / april
    expected = f"(April 2026: {money(april, 'USD')}; change: {percent:+.1f} %)"
    assert expected in ask("S3 in May", shipped).markdown


def test_partial_month_is_marked_and_not_compared(shipped):
    markdown = ask("S3 this month", shipped).markdown
    assert "| November 2026 (partial) |" in markdown
    assert "- November 2026 is partial" in markdown
    assert "change:" not in markdown


def test_currencies_stand_apart(make_costs):
    costs = make_costs([{"EffectiveCost": "10"}, {"EffectiveCost": "20", "BillingCurrency": "EUR"}])
    markdown = ask("cost in May", costs).markdown
    assert "cost 20.00 EUR in May 2026" in markdown
    assert "cost 10.00 USD in May 2026" in markdown
    assert "30" not in markdown


def test_tiny_amounts_are_not_zero(make_costs):
    costs = make_costs([{"EffectiveCost": "0.0000008"}])
    assert "cost less than 0.01 (0.00000080) USD in May 2026" in ask("cost in May", costs).markdown


def test_hostile_names_stay_in_their_cell(make_costs):
    costs = make_costs([{"ServiceName": "evil | **x**\n| <b>", "SubAccountName": "a|b"}])
    markdown = ask("cost by service", costs).markdown
    assert r"| evil \| \*\*x\*\* \| &lt;b&gt; | 1.00 | 100.0 % |" in markdown
    assert r"| a\|b (111122223333) | 1.00 |" in ask("cost by account", costs).markdown


def test_no_charge(make_costs):
    costs = make_costs([{}, {"ServiceName": "AWS Lambda", "RegionId": "eu-west-1"}])
    answer = ask("S3 in eu-west-1", costs)
    assert "**There is no charge** for Amazon S3 in region eu-west-1 in May 2026." in answer.markdown
    assert not answer.found


def test_real_export(focus_sample):
    with focus_sample.open("rb") as stream:
        costs = add_up(read_charges(stream))
    with focus_sample.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    for provider in ("Microsoft", "AWS"):
        total = sum(Decimal(row["EffectiveCost"]) for row in rows if row["ProviderName"] == provider)
        assert f"cost {cents(total)} USD in September 2024" in ask(f"{provider} spend in September", costs).markdown
