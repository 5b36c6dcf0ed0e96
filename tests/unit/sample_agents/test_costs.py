from datetime import datetime

import pytest

from sample_agents.months import Month

MAY, JUNE = Month(2026, 5), Month(2026, 6)


def days(first, after):
    return {"ChargePeriodStart": first, "ChargePeriodEnd": after}


@pytest.mark.parametrize(
    ("rows", "newest_complete", "partial"),
    [
        ([days("2026-05-01", "2026-06-01")], MAY, set()),
        ([days("2026-05-01", "2026-06-01"), days("2026-06-01", "2026-06-02")], MAY, {JUNE}),
        # The fee of a running month does not make the month complete.
        (
            [days("2026-05-01", "2026-06-01"), days("2026-06-01", "2026-06-02"), days("2026-06-01", "2026-07-01")],
            MAY,
            {JUNE},
        ),
        ([days("2026-05-30", "2026-05-31"), days("2026-05-31", "2026-06-01")], None, {MAY}),
        ([days("2026-05-03", "2026-05-04"), days("2026-06-01", "2026-06-02")], None, {MAY, JUNE}),
        ([days("2026-05-01", "2026-05-02"), days("2026-05-31 23:00:00", "2026-06-01")], MAY, set()),
    ],
)
def test_which_months_are_complete(make_costs, rows, newest_complete, partial):
    calendar = make_costs(rows).calendar
    assert calendar.newest_complete == newest_complete
    assert calendar.partial == partial


def test_where_the_data_end(shipped, shipped_rows):
    assert shipped.covered_until == datetime(2026, 11, 22)
    assert shipped.calendar.newest_complete == Month(2026, 10)
    assert shipped.rows == len(shipped_rows)
