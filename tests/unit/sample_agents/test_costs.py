import csv
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

import pytest

from sample_agents.costs import Dimension, add_up
from sample_agents.focus_export import read_charges
from sample_agents.month import Month

COLUMNS = {
    Dimension.SERVICE: "ServiceName",
    Dimension.REGION: "RegionId",
    Dimension.ACCOUNT: "SubAccountId",
    Dimension.PROVIDER: "ProviderName",
}


@pytest.mark.parametrize("dimension", Dimension)
def test_sums_equal_those_of_the_raw_file(shipped, shipped_rows, dimension):
    for month in ("2025-11", "2026-05", "2026-11"):
        expected = defaultdict(Decimal)
        for row in shipped_rows:
            if row["ChargePeriodStart"].startswith(month):
                expected[row[COLUMNS[dimension]] or "(no region)"] += Decimal(row["EffectiveCost"])
        months = {Month(*map(int, month.split("-")))}
        assert shipped.by_value("USD", dimension, {}, months) == expected


def test_total_and_selection_equal_those_of_the_raw_file(shipped, shipped_rows):
    expected = sum(
        Decimal(row["EffectiveCost"])
        for row in shipped_rows
        if row["ServiceName"] == "Amazon Simple Storage Service" and row["RegionId"] == "us-west-2"
    )
    selection = {
        Dimension.SERVICE: frozenset({"Amazon Simple Storage Service"}),
        Dimension.REGION: frozenset({"us-west-2"}),
    }
    assert shipped.total("USD", selection) == expected
    assert sum(shipped.by_month("USD", selection).values()) == expected
    assert shipped.rows == len(shipped_rows)


def test_real_export_equals_its_raw_file(focus_sample):
    with focus_sample.open("rb") as stream:
        costs = add_up(read_charges(stream))
    with focus_sample.open(encoding="utf-8-sig", newline="") as text:
        expected = sum(Decimal(row["EffectiveCost"]) for row in csv.DictReader(text))
    assert costs.total("USD", {}) == expected
    assert costs.calendar.newest == costs.calendar.newest_complete == Month(2024, 9)


def test_currencies_are_never_added_up(make_costs):
    costs = make_costs([{"EffectiveCost": "1"}, {"EffectiveCost": "2", "BillingCurrency": "EUR"}])
    assert costs.currencies == ["EUR", "USD"]
    assert (costs.total("USD", {}), costs.total("EUR", {})) == (1, 2)


def days(first: str, after: str) -> dict[str, str]:
    return {"ChargePeriodStart": first, "ChargePeriodEnd": after}


@pytest.mark.parametrize(
    ("rows", "newest_complete", "partial"),
    [
        ([days("2026-05-01", "2026-06-01")], Month(2026, 5), set()),
        ([days("2026-05-01", "2026-06-01"), days("2026-06-01", "2026-06-02")], Month(2026, 5), {Month(2026, 6)}),
        # The fee of a running month does not make the month complete.
        (
            [days("2026-05-01", "2026-06-01"), days("2026-06-01", "2026-06-02"), days("2026-06-01", "2026-07-01")],
            Month(2026, 5),
            {Month(2026, 6)},
        ),
        ([days("2026-05-30", "2026-05-31"), days("2026-05-31", "2026-06-01")], None, {Month(2026, 5)}),
        ([days("2026-05-03", "2026-05-04"), days("2026-06-01", "2026-06-02")], None, {Month(2026, 5), Month(2026, 6)}),
        ([days("2026-05-01", "2026-05-02"), days("2026-05-31 23:00:00", "2026-06-01")], Month(2026, 5), set()),
    ],
)
def test_which_months_are_complete(make_costs, rows, newest_complete, partial):
    calendar = make_costs(rows).calendar
    assert calendar.newest_complete == newest_complete
    assert calendar.partial == partial


def test_where_the_data_end(shipped):
    assert shipped.covered_until == datetime(2026, 11, 22)
    assert shipped.calendar.newest_complete == Month(2026, 10)


def test_accounts_are_shown_with_their_names(make_costs):
    costs = make_costs([{}, {"SubAccountId": "999", "SubAccountName": ""}])
    assert costs.label(Dimension.ACCOUNT, "111122223333") == "production (111122223333)"
    assert costs.label(Dimension.ACCOUNT, "999") == "999"
    assert costs.label(Dimension.REGION, "us-east-1") == "us-east-1"
