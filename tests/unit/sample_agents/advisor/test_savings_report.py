from decimal import Decimal

import pytest

from sample_agents.advisor.savings import find_savings
from sample_agents.advisor.savings_report import savings_report
from sample_agents.errors import UnanswerableError
from sample_agents.money import amount
from sample_agents.month import Month
from sample_agents.question import Question
from sample_agents.question_words import Kind

SAVINGS = Question(Kind.SAVINGS)


def test_total_is_the_sum_of_the_savings(shipped):
    findings = find_savings(shipped, "USD", {}, Month(2026, 10))
    total = sum((finding.saving or Decimal(0) for finding in findings), Decimal(0))
    markdown = savings_report(SAVINGS, shipped).markdown
    assert f"**Possible savings: {amount(total, 'USD')} USD a month**, from {len(findings)} findings." in markdown
    assert sum(line.startswith(("| 1 |", "| 2 |")) for line in markdown.splitlines()) == 2
    assert "Assumptions:" in markdown
    assert "- Findings are about October 2026" in markdown


def test_finding_without_a_saving_claims_none(make_costs):
    markdown = savings_report(SAVINGS, make_costs([{"Tags": ""}])).markdown
    assert "**No saving that the data can put a number on**, but 1 finding to look at (USD)." in markdown
    assert "| 1.00 | not in the data |" in markdown
    assert "- The data have fewer than 3 complete months" in markdown


def test_nothing_found(make_costs):
    answer = savings_report(SAVINGS, make_costs([{}]))
    assert "**I found nothing to save** in all services in May 2026." in answer.markdown
    assert not answer.found


def test_currencies_stand_apart(make_costs):
    costs = make_costs([{"Tags": "", "BillingCurrency": currency} for currency in ("EUR", "USD")])
    markdown = savings_report(SAVINGS, costs).markdown
    assert "Cost in May 2026 (EUR)" in markdown
    assert "Cost in May 2026 (USD)" in markdown


def test_hostile_names_stay_in_their_cell(make_costs):
    markdown = savings_report(SAVINGS, make_costs([{"Tags": "", "ServiceName": "a | b\nc"}])).markdown
    assert r"| 1 | Untagged usage | a \| b c | " in markdown


def test_no_complete_month(make_costs):
    with pytest.raises(UnanswerableError, match="I need a complete month"):
        savings_report(SAVINGS, make_costs([{"ChargePeriodStart": "2026-05-10"}]))
