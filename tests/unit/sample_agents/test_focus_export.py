import gzip
import io
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sample_agents.costs import Costs, Dimension, UsageKind
from sample_agents.errors import CostDataError
from sample_agents.focus_export import REQUIRED_COLUMNS, read_costs
from sample_agents.months import Month

HEADER = ",".join(REQUIRED_COLUMNS)
ROW = "USD,2026-05-01T00:00:00Z,2026-05-02T00:00:00Z,1.25,Amazon S3"
SMALL = f"{HEADER}\n{ROW}\n".encode()
MAY, JUNE = Month(2026, 5), Month(2026, 6)


def read(data: bytes) -> Costs:
    return read_costs(io.BytesIO(data))


def days(first, after):
    return {"ChargePeriodStart": first, "ChargePeriodEnd": after}


def test_required_columns_are_enough():
    costs = read(SMALL)
    ((group, sums),) = costs.groups.items()
    # An export without tags says nothing about them.
    names = "(no provider)", "Amazon S3", "(no region)", "(no account)"
    assert group == (MAY, "USD", *names, UsageKind.OTHER, True)
    assert (sums.cost, costs.rows, costs.covered_until) == (Decimal("1.25"), 1, datetime(2026, 5, 2))


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(SMALL),
        b"\xef\xbb\xbf" + SMALL,
        gzip.compress(b"\xef\xbb\xbf" + SMALL),
        SMALL.replace(b"\n", b"\r\n"),
        SMALL.rstrip(),
        SMALL + b"\n\n",
        SMALL.replace(HEADER.encode(), HEADER.lower().encode()),
    ],
    ids=["gzip", "bom", "gzip and bom", "crlf", "no last newline", "blank lines", "lower case"],
)
def test_the_same_costs_however_the_file_is_written(data):
    assert read(data) == read(SMALL)


@pytest.mark.parametrize("time", ["T00:00:00", " 00:00:00", "T00:00:00.000Z", "T00:00Z", "", "T02:00:00+02:00"])
def test_date_formats(time):
    assert read(SMALL.replace(b"T00:00:00Z", time.encode())) == read(SMALL)


@pytest.mark.parametrize(("tags", "tagged"), [("", False), ("{}", False), ("NULL", False), ('{"a": "b"}', True)])
def test_null_is_empty_and_only_usage_can_be_untagged(make_costs, tags, tagged):
    nulls = dict.fromkeys(["RegionId", "RegionName", "SubAccountId", "ListCost"], "NULL")
    (group,) = make_costs([nulls | {"Tags": tags}]).groups
    assert (group.region, group.account, group.tagged) == ("(no region)", "(no account)", tagged)
    (group,) = make_costs([{"Tags": tags, "ChargeCategory": "Tax"}]).groups
    assert group.tagged


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


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\n", "line 1"),
        (HEADER.encode(), "The export has a header but no rows."),
        (SMALL.replace(b"EffectiveCost", b"Cost"), "Line 1 lacks the FOCUS column EffectiveCost:"),
        (b'{"costs": []}', "Line 1 lacks the FOCUS columns BillingCurrency, ChargePeriodStart"),
        (SMALL.replace(b",", b";"), "columns are not separated by commas"),
        (SMALL.replace(b"1.25", b"1,25"), "Line 2 has 6 cells; the header names 5 columns."),
        (SMALL.replace(b"1.25", b""), "Line 2, column EffectiveCost: '' is not a number."),
        (SMALL.replace(b"1.25", b"NaN"), "Line 2, column EffectiveCost: 'NaN' is not a number."),
        (SMALL.replace(b"1.25", b"9e99"), "'9e99' is too large to be a cost."),
        (SMALL.replace(b"USD", b"dollars"), "Line 2, column BillingCurrency: 'dollars'"),
        (SMALL.replace(b"2026-05-01T00:00:00Z", b"1 May"), "Line 2, column ChargePeriodStart: '1 May' is not a date"),
        (SMALL.replace(b"2026-05-02", b"0001-05-02"), "Line 2, column ChargePeriodEnd"),
        (SMALL.replace(b"2026-05-02", b"2026-05-01"), "the period ends before it starts"),
        # A line break in quotes counts as a line.
        (
            SMALL.replace(b"Amazon S3", b'"A\nS3"') + ROW.replace("1.25", "lots").encode(),
            "Line 4, column EffectiveCost",
        ),
        (SMALL + ROW.encode().replace(b"Amazon", b"\xff"), "Line 3: byte"),
        (SMALL.replace(b"Amazon S3", b'"Amazon" S3'), "Line 2: not valid CSV"),
        (b"PK\x03\x04rest of a workbook", "a zip archive or an Excel workbook"),
        (b"PAR1", "a Parquet file"),
        ("a,b".encode("utf-16"), "UTF-16 text"),
        (b"\x7fELF\0\0", "a binary file"),
        (gzip.compress(b"PK\x03\x04"), "a zip archive or an Excel workbook"),
        (gzip.compress(SMALL)[:-6], "The gzip file is damaged or cut off"),
        (b"\x1f\x8bnot gzip at all", "The gzip file is damaged or cut off"),
    ],
)
def test_wrong_file_gets_one_sentence(data, sentence):
    with pytest.raises(CostDataError) as caught:
        read(data)
    assert sentence in str(caught.value)


@given(st.binary())
@example(b"\x1f\x8b")
@example(gzip.compress(SMALL)[:-1])
def test_no_bytes_do_anything_but_read_or_refuse(data):
    try:
        assert read(data).rows
    except CostDataError as error:
        assert str(error).endswith(".")


@given(st.lists(st.text(), min_size=5, max_size=5))
@example(["USD", "0001-01-01T00:00:00+14:00", "2026-01-01", "1", "x"])
@example(["USD", "2026-01-01", "2026-01-02", "1e99", "x"])
def test_no_cells_do_anything_but_read_or_refuse(cells):
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    try:
        costs = read(f"{HEADER}\n{quoted}\n".encode(errors="replace"))
    except CostDataError as error:
        assert "\n" not in str(error)
    else:
        assert costs.total().is_finite()


def test_real_export(focus_sample):
    costs = read(focus_sample)
    assert costs.rows == 1000
    assert costs.values(Dimension.PROVIDER) == ["AWS", "Microsoft", "Oracle"]
