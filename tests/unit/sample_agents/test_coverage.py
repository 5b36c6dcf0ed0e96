"""What is known of how far charges reach: months, providers, gaps."""

from datetime import date, timedelta

import pytest

from sample_agents.query import Period

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


def charge(first, after, provider="AWS"):
    return {"ChargePeriodStart": str(first), "ChargePeriodEnd": str(after), "ProviderName": provider}


def daily(first, after, provider="AWS", without=()):
    days = (first + timedelta(days=number) for number in range((after - first).days))
    return [charge(day, day + timedelta(days=1), provider) for day in days if day not in without]


def complete(coverage):
    months = {month for cover in coverage.providers.values() for month in cover.months}
    return {month for month in months if coverage.is_complete(month)}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (daily(MAY, JUNE), {MAY}),
        (daily(MAY, date(2026, 6, 20)), {MAY}),
        (daily(MAY, date(2026, 5, 31)), set()),
        (daily(date(2026, 5, 2), JULY), {JUNE}),
        # A fee that is known in advance does not show that the days are there.
        ([*daily(MAY, date(2026, 6, 20)), charge(JUNE, JULY)], {MAY}),
        ([*daily(MAY, date(2026, 5, 20)), charge(MAY, JUNE), charge(JUNE, JULY)], set()),
        # Monthly granularity.
        ([charge(MAY, JUNE), charge(JUNE, JULY)], {MAY, JUNE}),
        # Ends given inclusively, by the second, the minute or the day.
        ([charge(MAY, "2026-05-31T23:59:59Z")], {MAY}),
        ([charge(MAY, "2026-05-31T23:59:59.999Z")], {MAY}),
        ([charge(MAY, "2026-05-31T23:59Z")], {MAY}),
        ([charge(MAY, "2026-05-31")], {MAY}),
        ([*daily(MAY, date(2026, 5, 31)), charge("2026-05-31", "2026-05-31T23:59:59Z")], {MAY}),
        # Moments: each lies in its day.
        ([row | {"ChargePeriodEnd": row["ChargePeriodStart"]} for row in daily(MAY, JUNE)], {MAY}),
        # What ends ahead of the clock is a month to date.
        ([charge("2026-10-01", "2026-11-01"), charge("2026-11-01", "2026-12-01")], {date(2026, 10, 1)}),
        # Data that begin in December prove that November is over.
        ([charge("2026-11-01", "2026-12-01"), charge("2026-12-01", "2027-01-01")], {date(2026, 11, 1)}),
        # A credit at the end of a month does not make monthly fees daily.
        ([charge(MAY, JUNE), charge("2026-05-31T23:59:59Z", "2026-05-31T23:59:59Z"), charge(JUNE, JULY)], {MAY, JUNE}),
        # A correction in a year of monthly fees does not make them daily, nor the fees incomplete.
        (
            [charge(MAY, JUNE), charge("2026-05-07", "2026-05-08"), charge(JUNE, JULY), charge(JULY, "2026-08-01")],
            {MAY, JUNE, JULY},
        ),
    ],
)
def test_a_month_is_complete_if_the_data_reach_its_end(load, today, rows, expected):
    assert complete(load(rows).coverage(today)) == expected


def test_each_provider_is_looked_at_by_itself(load, today):
    rows = daily(MAY, date(2026, 6, 20)) + daily(MAY, date(2026, 5, 20), "Microsoft")
    coverage = load(rows).coverage(today)
    assert coverage.newest_complete == MAY
    assert coverage.is_complete(MAY, {"AWS"})
    assert not coverage.is_complete(MAY)
    assert coverage.remarks(Period(MAY, JUNE)) == ["The data of Microsoft end with 19 May 2026."]
    assert coverage.remarks(Period(JUNE, JULY), {"AWS"}) == ["The data of AWS end with 19 June 2026."]


def test_a_provider_that_charges_now_and_then_is_delivered_with_the_others(load, today):
    rows = [*daily(MAY, date(2026, 7, 10)), charge("2026-05-12", "2026-05-13", "Snowflake")]
    coverage = load(rows).coverage(today)
    assert complete(coverage) == {MAY, JUNE}
    assert not coverage.providers["Snowflake"].is_daily
    assert coverage.remarks(Period(MAY, JUNE)) == []


def test_a_gap_of_months_or_of_days_is_named(load, today):
    missing = date(2026, 5, 10)
    rows = daily(date(2026, 3, 1), date(2026, 4, 1)) + daily(MAY, JULY, without=[missing, missing + timedelta(days=1)])
    coverage = load(rows).coverage(today)
    whole = Period(date(2026, 1, 1), date(2026, 12, 1))
    assert coverage.gaps(whole) == [date(2026, 4, 1)]
    assert coverage.providers["AWS"].missing == (date(2026, 4, 1),)
    assert coverage.remarks(whole) == [
        "The data begin on 1 March 2026.",
        "The data end with 30 June 2026.",
        "The data lack April 2026.",
        "The data have no charge on 10 May 2026 to 11 May 2026.",
    ]
    assert coverage.remarks(Period(JUNE, JULY)) == []


def test_a_month_without_a_week_is_not_complete(load, today):
    gap = [date(2026, 5, day) for day in range(10, 32)]
    coverage = load(daily(date(2026, 4, 1), JULY, without=gap)).coverage(today)
    assert complete(coverage) == {date(2026, 4, 1), JUNE}
    assert coverage.remarks(Period(MAY, JUNE)) == ["The data have no charge on 10 May 2026 to 31 May 2026."]
    bursts = [row for first in (MAY, JUNE, JULY) for row in daily(first, first + timedelta(days=3))]
    assert load(bursts).coverage(today).providers["AWS"].missing_days == ()


def test_all_data_are_all_charges_though_the_last_day_is_not_whole(load, today):
    rows = [*daily(MAY, date(2026, 5, 20)), charge("2026-05-20T00:00:00Z", "2026-05-20T11:00:00Z"), charge(JUNE, JULY)]
    coverage = load(rows).coverage(today)
    assert coverage.providers["AWS"].end == date(2026, 5, 20)
    assert coverage.end == date(2026, 6, 2)
    within = [*daily(MAY, date(2026, 5, 20)), charge("2026-05-20T00:00:00Z", "2026-05-20T11:00:00Z")]
    remarks = load(within).coverage(today).remarks(Period(MAY, JUNE))
    assert remarks == ["The data end with 19 May 2026; 20 May 2026 is not whole."]


def test_days_without_charges_are_no_gap_where_they_are_usual(load, today):
    rows = [charge(day, day + timedelta(days=1)) for day in (MAY + timedelta(days=2 * number) for number in range(15))]
    assert load(rows).coverage(today).providers["AWS"].missing_days == ()


def test_the_shipped_data(shipped, today):
    coverage = shipped.coverage(today)
    assert (coverage.first, coverage.end) == (date(2025, 11, 1), date(2026, 11, 22))
    assert coverage.newest_complete == date(2026, 10, 1)
    assert len(complete(coverage)) == 12
