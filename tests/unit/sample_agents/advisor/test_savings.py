from decimal import Decimal

import pytest

from sample_agents.advisor.savings import ASSUMED_COMMITMENT_DISCOUNT, find_savings
from sample_agents.month import Month

EC2 = {"ServiceName": "Amazon Elastic Compute Cloud", "ConsumedUnit": "Hours"}
JULY = Month(2026, 7)


def months(*costs, **columns):
    """A charge in each of the months from May 2026."""
    return [
        {
            "ChargePeriodStart": f"2026-{number:02}-01",
            "ChargePeriodEnd": f"2026-{number + 1:02}-01",
            "EffectiveCost": cost,
        }
        | columns
        for number, cost in enumerate(costs, start=5)
    ]


def find(costs, title, selection=None, month=JULY):
    return [finding for finding in find_savings(costs, "USD", selection or {}, month) if finding.title == title]


ON_DEMAND = "Steady usage at on-demand prices"


def test_steady_usage_at_on_demand_prices_counts_its_lowest_month(make_costs):
    (finding,) = find(make_costs(months("100", "90", "95", **EC2)), ON_DEMAND)
    assert (finding.where, finding.concerned) == (("Amazon EC2",), 90)
    assert finding.saving == 90 * ASSUMED_COMMITMENT_DISCOUNT
    assert "assumed" in finding.action


@pytest.mark.parametrize("costs", [("100", "79", "100"), ("100", "100", "0"), ("100", "0", "100")])
def test_unsteady_usage_is_no_finding(make_costs, costs):
    assert find(make_costs(months(*costs, **EC2)), ON_DEMAND) == []


def test_discount_is_read_from_committed_usage_of_the_service(make_costs):
    committed = months("60", "60", "60", ListCost="100", CommitmentDiscountStatus="Used", **EC2)
    (finding,) = find(make_costs(months("100", "100", "100", **EC2) + committed), ON_DEMAND)
    assert finding.saving == 40
    assert "40 % off, the rate your committed usage gets" in finding.action


def test_two_months_are_no_tendency(make_costs):
    costs = make_costs(months("100", "200", **EC2))
    assert find(costs, ON_DEMAND, month=Month(2026, 6)) == []
    assert find(costs, "Fast growth", month=Month(2026, 6)) == []


def test_unused_commitment_is_saved_in_full(make_costs):
    costs = make_costs(months("5", "6", "7.5", CommitmentDiscountStatus="Unused", **EC2))
    (finding,) = find(costs, "Unused commitment")
    assert finding.concerned == finding.saving == Decimal("7.5")


def test_idle_resources_and_old_volumes(make_costs):
    costs = make_costs(
        months("0", "0", "4", ChargeDescription="Idle public IPv4 address", **EC2)
        + months("0", "0", "50", ChargeDescription="gp2 storage", **EC2)
    )
    assert [finding.saving for finding in find(costs, "Idle resources")] == [4]
    assert [finding.saving for finding in find(costs, "Previous generation volumes (gp2)")] == [10]


@pytest.mark.parametrize(
    ("costs", "increase"),
    [
        (("100", "110", "121"), 21),
        (("100", "109", "200"), None),
        (("100", "120", "130"), None),
        (("0", "1", "9"), None),
    ],
)
def test_fast_growth(make_costs, costs, increase):
    found = find(make_costs(months(*costs)), "Fast growth")
    assert [finding.concerned for finding in found] == ([increase] if increase else [])
    assert all(finding.saving is None for finding in found)


def test_growth_of_a_trifle_is_no_finding(make_costs):
    costs = make_costs(months("10000", "10000", "10000") + months("1", "2", "4", ServiceName="AWS Lambda"))
    assert find(costs, "Fast growth") == []


def test_untagged_usage_names_its_largest_services(make_costs):
    rows = [
        {"ServiceName": name, "EffectiveCost": cost, "Tags": ""}
        for name, cost in (("A", "1"), ("B", "4"), ("C", "3"), ("D", "2"))
    ]
    (finding,) = find(make_costs(rows), "Untagged usage", month=Month(2026, 5))
    assert (finding.where, finding.concerned, finding.saving) == (("B", "C", "D"), 10, None)


def test_largest_saving_first_then_largest_cost(shipped):
    findings = find_savings(shipped, "USD", {}, Month(2026, 10))
    keys = [(finding.saving or Decimal(0), finding.concerned) for finding in findings]
    assert keys == sorted(keys, reverse=True)
    assert {finding.title for finding in findings} == {
        "Unused commitment",
        "Idle resources",
        "Previous generation volumes (gp2)",
        ON_DEMAND,
        "Fast growth",
        "Untagged usage",
    }


def test_amounts_are_those_of_the_raw_file(shipped, shipped_rows):
    def total(condition):
        rows = [row for row in shipped_rows if row["ChargePeriodStart"].startswith("2026-10") and condition(row)]
        return sum(Decimal(row["EffectiveCost"]) for row in rows)

    (unused,) = find(shipped, "Unused commitment", month=Month(2026, 10))
    assert unused.saving == total(lambda row: row["CommitmentDiscountStatus"] == "Unused")
    (idle,) = find(shipped, "Idle resources", month=Month(2026, 10))
    assert idle.saving == total(lambda row: "Idle" in row["ChargeDescription"])
    (untagged,) = find(shipped, "Untagged usage", month=Month(2026, 10))
    assert untagged.concerned == total(lambda row: not row["Tags"] and row["ChargeCategory"] == "Usage")


def test_other_currencies_do_not_count(make_costs):
    costs = make_costs(months("1", "1", "1", BillingCurrency="EUR", Tags=""))
    assert find_savings(costs, "USD", {}, JULY) == []
