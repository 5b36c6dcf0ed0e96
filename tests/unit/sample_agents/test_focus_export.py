import gzip
import io
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sample_agents.errors import CostDataError
from sample_agents.focus_export import REQUIRED_COLUMNS, Charge, read_charges

HEADER = ",".join(REQUIRED_COLUMNS)
ROW = "USD,2026-05-01T00:00:00Z,2026-05-02T00:00:00Z,1.25,Amazon S3"
SMALL = f"{HEADER}\n{ROW}\n".encode()


def read(data: bytes) -> list[Charge]:
    return list(read_charges(io.BytesIO(data)))


def refusal(data: bytes) -> str:
    with pytest.raises(CostDataError) as caught:
        read(data)
    return str(caught.value)


def test_required_columns_are_enough():
    (charge,) = read(SMALL)
    assert charge.cost == Decimal("1.25")
    assert charge.start == datetime(2026, 5, 1)
    assert charge.end == datetime(2026, 5, 2)
    group = charge.group
    assert (group.service, group.currency) == ("Amazon S3", "USD")
    assert (group.region, group.account, group.provider) == ("(no region)", "(no account)", "(no provider)")
    assert group.tagged  # an export without tags says nothing about them


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
def test_the_same_charges_however_the_file_is_written(data):
    assert read(data) == read(SMALL)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-05-01T00:00:00Z",
        "2026-05-01T00:00:00",
        "2026-05-01 00:00:00",
        "2026-05-01T00:00:00.000Z",
        "2026-05-01T00:00Z",
        "2026-05-01",
        "2026-05-01T02:00:00+02:00",
    ],
)
def test_date_formats(moment):
    (charge,) = read(SMALL.replace(b"2026-05-01T00:00:00Z", moment.encode()))
    assert charge.start == datetime(2026, 5, 1)


def test_null_is_empty(export):
    (charge,) = read(export([dict.fromkeys(["RegionId", "RegionName", "SubAccountId", "Tags", "ListCost"], "NULL")]))
    group = charge.group
    assert (group.region, group.account, group.tagged, charge.list_cost) == ("(no region)", "(no account)", False, 0)


@pytest.mark.parametrize(("tags", "tagged"), [("", False), ("{}", False), ('{"a": "b"}', True)])
def test_tags(export, tags, tagged):
    assert read(export([{"Tags": tags}]))[0].group.tagged is tagged
    assert read(export([{"Tags": tags, "ChargeCategory": "Tax"}]))[0].group.tagged  # a tax cannot be tagged


def test_quoted_line_breaks_count_as_lines():
    data = SMALL.replace(b"Amazon S3", b'"Amazon\nS3"') + ROW.replace("1.25", "lots").encode()
    assert refusal(data).startswith("Line 4, column EffectiveCost: 'lots' is not a number")


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
        (SMALL.replace(b"1.25", b"1_000"), "'1_000' is not a number."),
        (SMALL.replace(b"1.25", b"9e99"), "'9e99' is too large to be a cost."),
        (SMALL.replace(b"USD", b"dollars"), "Line 2, column BillingCurrency: 'dollars'"),
        (SMALL.replace(b"2026-05-01T00:00:00Z", b"1 May"), "Line 2, column ChargePeriodStart: '1 May' is not a date"),
        (SMALL.replace(b"2026-05-02", b"0001-05-02"), "Line 2, column ChargePeriodEnd"),
        (SMALL.replace(b"2026-05-02", b"2026-05-01"), "the period ends before it starts"),
        (SMALL + ROW.encode().replace(b"Amazon", b"\xff"), "Line 3: byte"),
        (SMALL.replace(b"Amazon S3", b'"Amazon" S3'), "Line 2: not valid CSV"),
        (SMALL.replace(b"Amazon S3", b'"Amazon S3'), "not valid CSV"),
        (b"PK\x03\x04rest of a workbook", "a zip archive or an Excel workbook"),
        (b"PAR1", "a Parquet file"),
        ("a,b".encode("utf-16"), "UTF-16 text"),
        (b"\x7fELF\0\0", "a binary file"),
        (gzip.compress(b"PK\x03\x04"), "a zip archive or an Excel workbook"),
        (gzip.compress(SMALL)[:-6], "The gzip file is damaged or cut off"),
        (gzip.compress(SMALL)[:20], "The gzip file is damaged or cut off"),
        (b"\x1f\x8bnot gzip at all", "The gzip file is damaged or cut off"),
    ],
)
def test_wrong_file_gets_one_sentence(data, sentence):
    said = refusal(data)
    assert sentence in said
    assert "\n" not in said


@given(st.binary())
@example(b"\x1f\x8b")
@example(gzip.compress(SMALL)[:-1])
def test_no_bytes_do_anything_but_read_or_refuse(data):
    try:
        assert read(data)
    except CostDataError as error:
        assert str(error).endswith(".")


@given(st.lists(st.text(), min_size=5, max_size=5))
@example(["USD", "0001-01-01T00:00:00+14:00", "2026-01-01", "1", "x"])
@example(["USD", "2026-01-01", "2026-01-02", "1e99", "x"])
def test_no_cells_do_anything_but_read_or_refuse(cells):
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    data = f"{HEADER}\n{quoted}\n".encode(errors="replace")
    try:
        (charge,) = read(data)
    except CostDataError as error:
        assert "\n" not in str(error)
    else:
        assert charge.cost.is_finite()


def test_real_export(focus_sample):
    charges = read(focus_sample)
    assert len(charges) == 1000
    assert {charge.group.provider for charge in charges} == {"AWS", "Microsoft", "Oracle"}
