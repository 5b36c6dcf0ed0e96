from decimal import Decimal

from sample_agents.cost_agent.forecast import Trend
from sample_agents.cost_agent.forecast_report import forecast_report
from sample_agents.money import amount
from sample_agents.understanding import understand


def test_forecast_from_the_raw_file(shipped, shipped_rows):
    by_month = {}
    for row in shipped_rows:
        month = row["ChargePeriodStart"][:7]
        by_month[month] = by_month.get(month, Decimal(0)) + Decimal(row["EffectiveCost"])
    complete = [by_month[month] for month in sorted(by_month) if month < "2026-11"]
    estimate = Trend.through(complete).estimate([1])
    answer = forecast_report(understand("forecast", shipped), shipped)
    cells = (amount(value, "USD") for value in (estimate.expected, estimate.low, estimate.high))
    assert f"| November 2026 | {' | '.join(cells)} |" in answer.markdown
    assert f"November 2026 so far: {amount(by_month['2026-11'], 'USD')} USD" in answer.markdown
    assert "| **Total** |" in answer.markdown
    assert "80 % prediction interval" in answer.markdown
    assert answer.found


def month_rows(count, **columns):
    return [
        {"ChargePeriodStart": f"2026-{number:02}-01", "ChargePeriodEnd": f"2026-{number + 1:02}-01"} | columns
        for number in range(1, count + 1)
    ]


def test_too_little_history_is_said_and_nothing_is_forecast(make_costs):
    costs = make_costs(month_rows(5))
    answer = forecast_report(understand("forecast", costs), costs)
    assert "**No forecast in USD**: all services has 5 complete months of history" in answer.markdown
    assert "Expected" not in answer.markdown
    assert not answer.found


def test_months_without_a_charge_count_as_zero(make_costs):
    costs = make_costs([row for row in month_rows(8, EffectiveCost="8") if "-04-01" not in row["ChargePeriodStart"]])
    answer = forecast_report(understand("forecast", costs), costs)
    assert "January 2026 to August 2026 (8 complete months) cost 7.00 USD a month on average" in answer.markdown


def test_each_currency_is_forecast_on_its_own(make_costs):
    costs = make_costs([*month_rows(6), *month_rows(6, BillingCurrency="EUR")[3:]])
    answer = forecast_report(understand("forecast", costs), costs)
    assert "**No forecast in EUR**" in answer.markdown
    assert "3.00 USD" in answer.markdown  # three months of 1.00


def test_nothing_to_forecast(make_costs):
    costs = make_costs([*month_rows(6), {"ServiceName": "AWS Lambda", "RegionId": "eu-west-1", "RegionName": ""}])
    answer = forecast_report(understand("forecast lambda in us-east-1", costs), costs)
    assert "**There is no charge** for AWS Lambda in region us-east-1" in answer.markdown
    assert not answer.found
