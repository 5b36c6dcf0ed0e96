from collections import defaultdict
from decimal import Decimal

from sample_agents.cost_agent.comparison_report import comparison_report
from sample_agents.understanding import understand


def ask(text, costs):
    return comparison_report(understand(text, costs), costs)


def cents(value, sign=""):
    return f"{value.quantize(Decimal('0.01')):{sign},}"


def test_amounts_are_those_of_the_raw_file(shipped, shipped_rows):
    sums = defaultdict(Decimal)
    for row in shipped_rows:
        month = row["ChargePeriodStart"][:7]
        sums[row["ServiceName"], month] += Decimal(row["EffectiveCost"])
        sums["**Total**", month] += Decimal(row["EffectiveCost"])
    markdown = ask("compare April and May by service", shipped).markdown
    for name in {name for name, _ in sums}:
        april, may = sums[name, "2026-04"], sums[name, "2026-05"]
        percent = 100 * (may - april) / april
        row = f"| {name} | {cents(april)} | {cents(may)} | {cents(may - april, '+')} | {percent:+.1f} % |"
        assert row in markdown


def test_largest_change_comes_first_whatever_its_direction(make_costs):
    costs = make_costs(
        [
            {"ServiceName": "A", "EffectiveCost": "100"},
            {"ServiceName": "B", "EffectiveCost": "50"},
            {
                "ServiceName": "A",
                "EffectiveCost": "101",
                "ChargePeriodStart": "2026-06-01",
                "ChargePeriodEnd": "2026-07-01",
            },
            {
                "ServiceName": "B",
                "EffectiveCost": "20",
                "ChargePeriodStart": "2026-06-01",
                "ChargePeriodEnd": "2026-07-01",
            },
        ]
    )
    lines = ask("compare May and June", costs).markdown.splitlines()
    assert [line for line in lines if line.startswith("| ")][2:] == [
        "| B | 50.00 | 20.00 | -30.00 | -60.0 % |",
        "| A | 100.00 | 101.00 | +1.00 | +1.0 % |",
        "| **Total** | 150.00 | 121.00 | -29.00 | -19.3 % |",
    ]
    assert "**June 2026 cost 29.00 USD less than May 2026**" in "\n".join(lines)


def test_more_than_two_periods_stand_side_by_side_without_a_change(shipped):
    markdown = ask("cost by region and month in Q3", shipped).markdown
    assert "| Region | July 2026 (USD) | August 2026 (USD) | September 2026 (USD) |" in markdown
    assert "Change" not in markdown


def test_periods_of_different_length_are_noted(shipped):
    assert "not like for like" in ask("compare Q2 with July", shipped).markdown
    assert "not like for like" not in ask("compare Q2 with Q3", shipped).markdown


def test_rows_beyond_the_limit_are_added_up(shipped):
    markdown = ask("compare April and May top 3 services", shipped).markdown
    assert "| 9 more |" in markdown


def test_no_charge(make_costs):
    costs = make_costs(
        [
            {"ServiceName": "AWS Lambda", "ChargePeriodStart": "2026-03-01", "ChargePeriodEnd": "2026-04-01"},
            {"ChargePeriodStart": "2026-04-01"},
            {},
        ]
    )
    answer = ask("compare lambda in April and May", costs)
    assert "**There is no charge** for AWS Lambda" in answer.markdown
    assert not answer.found
