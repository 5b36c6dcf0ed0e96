"""Exports in, charges out: every row is read exactly, or the file is refused in a sentence that says where and why."""

import csv
import gzip
import io
import json
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sample_agents.cost_agent.handler import answer
from sample_agents.costs.load import load_costs
from sample_agents.errors import CostDataError, UnanswerableError
from sample_agents.query import Dimension, Metric, Tag

HEADER = "BillingCurrency,ChargePeriodStart,ChargePeriodEnd,EffectiveCost,ServiceName"
ROW = "USD,2026-05-01T00:00:00Z,2026-05-02T00:00:00Z,1.25,Amazon S3"
SMALL = f"{HEADER}\n{ROW}\n".encode()
# A file is written in each example: the fixture's folder may be shared by them.
generated = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def select(costs, sql):
    return costs.connection.cursor().execute(sql).fetchall()


def loaded(folder, data, name="costs.csv"):
    path = folder / name
    path.write_bytes(data)
    return load_costs([path])


def charges(costs):
    columns = "day, end_at, currency, service, effective, provider, region, account, tag_set IS NULL"
    return select(costs, f"SELECT {columns} FROM charges ORDER BY ALL")


def test_required_columns_are_enough(tmp_path):
    costs = loaded(tmp_path, SMALL)
    service = "Amazon Simple Storage Service"
    expected = (date(2026, 5, 1), datetime(2026, 5, 2), "USD", service, Decimal("1.25"), "", "", "", True)
    assert charges(costs) == [expected]
    assert (costs.rows, costs.currencies, costs.tag_keys) == (1, ("USD",), ())


SAME = {
    "bom": b"\xef\xbb\xbf" + SMALL,
    "crlf": SMALL.replace(b"\n", b"\r\n"),
    "no last newline": SMALL.rstrip(),
    "blank lines": SMALL + b"\n\n",
    "lower case": SMALL.replace(HEADER.encode(), HEADER.lower().encode()),
    "names of a database": SMALL.replace(b"ChargePeriod", b"CHARGE_PERIOD_").replace(b"ServiceName", b"service_name"),
    "spaces": SMALL.replace(b",", b" , "),
    "quotes": b"\n".join(b",".join(b'"%s"' % cell for cell in line.split(b",")) for line in SMALL.splitlines()),
    "columns in another order": b"\n".join(b",".join(line.split(b",")[::-1]) for line in SMALL.splitlines()),
    "line break in the header": SMALL.replace(b"ServiceName", b'ServiceName,"x_a\nb"').replace(b"S3", b"S3,"),
    "empty columns at the end": SMALL.replace(b"ServiceName", b"ServiceName,,").replace(b"S3", b"S3,,"),
}


@pytest.mark.parametrize("data", SAME.values(), ids=SAME)
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_the_same_charges_however_the_file_is_written(tmp_path, data, compress):
    assert charges(loaded(tmp_path, compress(data))) == charges(loaded(tmp_path, SMALL))


def test_parts_without_rows_are_none(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(f"{HEADER}\n")
    (tmp_path / "c").write_bytes(SMALL)
    assert load_costs([tmp_path / name for name in "abc"]).rows == 1


def test_parts_that_were_joined_have_their_header_twice(tmp_path):
    costs = loaded(tmp_path, gzip.compress(SMALL) + gzip.compress(SMALL))
    assert costs.rows == 2


def test_files_with_other_columns_are_one_export(write_export, tmp_path):
    other = tmp_path / "a name [with] stars*.csv.gz"
    other.write_bytes(gzip.compress(SMALL.replace(b"EffectiveCost", b"BilledCost")))
    costs = load_costs([write_export([{}]), other])
    assert select(costs, "SELECT effective, billed FROM charges ORDER BY ALL") == [
        (Decimal(1), Decimal(1)),
        (None, Decimal("1.25")),
    ]
    assert not costs.has(Metric.EFFECTIVE)
    assert costs.has(Metric.BILLED)
    assert "EffectiveCost is blank in" in costs.lacks(Metric.EFFECTIVE)


def test_files_that_have_most_of_their_charges_in_common_are_refused(write_export, tmp_path):
    days = [{"ChargePeriodStart": f"2026-05-{day:02}", "ChargePeriodEnd": f"2026-05-{day + 1:02}"} for day in (1, 2, 3)]
    whole, to_date, others = write_export(days), write_export(days[:2], "to_date"), write_export(days[2:], "others")
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(whole.read_bytes()))
    with pytest.raises(CostDataError, match=r"packed.csv.gz is a copy of costs.csv: its charges would count twice\."):
        load_costs([whole, packed])
    with pytest.raises(CostDataError, match="have the same charges from 1 May 2026 to 2 May 2026, which would count"):
        load_costs([whole, to_date])
    with pytest.raises(CostDataError, match="have the same charges from 2 May 2026 to 2 May 2026, which would count"):
        load_costs([to_date, write_export(days[1:] + [day | {"RegionId": "x"} for day in days[2:]], "overlapping")])
    assert load_costs([to_date, others]).rows == 3
    # Nothing costs nothing twice.
    free = [write_export([{"EffectiveCost": "0", "SkuId": sku}], sku) for sku in "ab"]
    assert load_costs(free).rows == 2


def test_the_same_file_counts_once_and_a_copy_is_refused(write_export):
    path, other, copy = (
        write_export([{"ListCost": cost}], name) for cost, name in (("1", "a"), ("2", "b"), ("1", "c"))
    )
    assert load_costs([path, path, other]).rows == 2
    with pytest.raises(CostDataError, match="c is a copy of a: its charges would count twice"):
        load_costs([path, other, copy])


REFUSED = {
    b"": "The file is empty, or its line 1 is: it must name the FOCUS columns.",
    b"\n": "The file is empty, or its line 1 is",
    HEADER.encode(): "The export has a header but no rows.",
    SMALL.replace(b"EffectiveCost", b"Cost"): "Line 1 lacks the FOCUS column EffectiveCost or BilledCost:",
    SMALL.replace(b"ServiceName", b"ServiceName,effectivecost").replace(b"S3", b"S3,2"): (
        "Line 1 names the column EffectiveCost twice"
    ),
    b"date,cost\n": "Line 1 lacks the FOCUS columns BillingCurrency, ChargePeriodStart, ChargePeriodEnd, ServiceName",
    b'{"costs": []}': "This is JSON, not a FOCUS export: give CSV or gzip of CSV, in UTF-8, or Parquet.",
    b"<!DOCTYPE html>": "a web page",
    SMALL.replace(b",", b";"): "Line 1: the columns are separated by semicolons",
    SMALL.replace(b",", b"\t"): "Line 1: the columns are separated by tabs.",
    SMALL.replace(b"1.25", b"1,25"): "Line 2 has 6 cells; the header names 5 columns.",
    SMALL.replace(b"1.25", b'"1,25"'): "Line 2, column EffectiveCost: '1,25' is not a number (it has a decimal comma).",
    SMALL.replace(b"1.25", b'"1,250.00"'): "'1,250.00' is not a number (it has separators of thousands",
    SMALL.replace(b"1.25", b"1_000"): "Line 2, column EffectiveCost: '1_000' is not a number.",
    SMALL.replace(b"1.25", b"NaN"): "Line 2, column EffectiveCost: 'NaN' is not a number.",
    SMALL.replace(b"1.25", b"inf"): "'inf' is not a number.",
    SMALL.replace(b"1.25", b"9e99"): "Line 2, column EffectiveCost: '9e99' is too large.",
    SMALL.replace(b"USD", b"dollars"): "Line 2, column BillingCurrency: 'dollars' is not a currency code (USD).",
    SMALL.replace(b"USD", b""): "Line 2, column BillingCurrency: '' is not a currency code",
    SMALL.replace(b"2026-05-01T00:00:00Z", b"1 May"): "Line 2, column ChargePeriodStart: '1 May' is not a date",
    SMALL.replace(b"2026-05-01T00:00:00Z", b"5/1/26"): "day and month cannot be told apart",
    SMALL.replace(b"2026-05-02T00:00:00Z", b""): "Line 2, column ChargePeriodEnd: '' is not a date",
    SMALL
    + b"Total,,,1.25,": "Line 3, column ChargePeriodStart: '' is not a date and time. Lines of totals are no charges",
    SMALL.replace(b"2026-05-02", b"2101-05-02"): "is not a date and time from 2000 to 2099 such as",
    SMALL.replace(b"1.25", b"(1.25)"): "'(1.25)' is not a number (a negative number begins with a minus).",
    SMALL.replace(b"1.25", b"$1.25"): "'$1.25' is not a number (it has a currency sign, for which there is",
    SMALL.replace(b"1.25", b"1 250.00"): "'1 250.00' is not a number (it has separators of thousands).",
    gzip.compress(SMALL) + bytes(50): "The gzip file is damaged or cut off: download or compress it again.",
    SMALL.replace(b"2026-05-02", b"0001-05-02"): "Line 2, column ChargePeriodEnd",
    SMALL.replace(b"2026-05-02", b"2026-04-02"): "Line 2, column ChargePeriodEnd: '2026-04-02T00:00:00Z': the period",
    SMALL + b"\n" + ROW.replace("1.25", "lots").encode(): "Line 4, column EffectiveCost: 'lots' is not a number.",
    SMALL.replace(b"Amazon S3", b'"A\nS3"') + ROW.replace("1.25", "lots").encode(): "Line 4, column EffectiveCost",
    SMALL + ROW.encode().replace(b"Amazon", b"\xff"): "Line 3: byte 52 is not UTF-8 text.",
    SMALL.replace(b"\n", b"\r"): "Its lines end in different ways, or with CR alone",
    SMALL + ROW.encode() + b"\r\n": "Its lines end in different ways",
    SMALL.replace(b"Amazon S3", b'"Amazon" S3'): "Line 2: not valid CSV",
    SMALL.replace(b"Amazon S3", b'"Amazon S3'): "not valid CSV",
    SMALL + b"\n".join(b",".join(line.split(b",")[::-1]) for line in SMALL.splitlines()): (
        "is the name of a column: files with other columns were joined here. Give them one by one."
    ),
    b"PK\x03\x04rest of a workbook": "This is a zip archive or an Excel workbook, not a FOCUS export",
    b"%PDF-1.7": "a PDF document",
    "a,b".encode("utf-16"): "UTF-16 text",
    b"\x7fELF\0\0": "a binary file",
    gzip.compress(b"PK\x03\x04"): "a zip archive or an Excel workbook",
    gzip.compress(gzip.compress(SMALL)): "gzip in gzip",
    gzip.compress(SMALL)[:-6]: "The gzip file is damaged or cut off: download or compress it again.",
    b"PAR1rest": "The Parquet file is damaged or cut off",
}


@pytest.mark.parametrize(("data", "sentence"), REFUSED.items(), ids=REFUSED.values())
def test_what_is_no_export_is_refused_in_a_sentence(tmp_path, data, sentence):
    with pytest.raises(CostDataError) as caught:
        loaded(tmp_path, data)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(("costs.csv: ", "The export has"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("tags", "read"),
    [
        ('{"team": "a", "n": 1, "on": true}', {"n": "1", "on": "true", "team": "a"}),
        ('[{"key": "team", "value": "a"}]', {"team": "a"}),
        ('"team": "a","env": "b"', {"env": "b", "team": "a"}),
        ('{"team": null}', {}),
        ("{}", {}),
        ("", {}),
        ("NULL", {}),
    ],
)
def test_tags_in_the_ways_that_providers_write_them(load, tags, read):
    costs = load([{"Tags": tags}, {"Tags": '{"other": "x"}'}])
    found = select(costs, "SELECT key, value FROM charges JOIN tags USING (tag_set) WHERE key <> 'other' ORDER BY 1")
    assert dict(found) == read
    assert select(costs, "SELECT count(*) FROM charges WHERE tag_set = 0") == [(0 if read else 1,)]
    assert costs.values(Tag("other")) == ("", "x")


def test_tags_that_are_no_json_are_refused_with_their_line(load):
    with pytest.raises(CostDataError, match="Line 3, column Tags: 'team=a' is not JSON"):
        load([{}, {"Tags": "team=a"}])


def test_a_key_that_is_there_twice_does_not_count_a_charge_twice(load):
    costs = load([{"Tags": '{"team": "b", "team": "a"}'}])
    assert select(costs, "SELECT count(*), min(value) FROM charges JOIN tags USING (tag_set)") == [(1, "a")]


@pytest.mark.parametrize("null", ["NULL", "null", "Null", "nUlL", r"\N", ""])
def test_null_in_any_case_is_no_value(load, null):
    costs = load([{"RegionId": null, "RegionName": null, "SubAccountId": null, "ServiceName": null, "ListCost": null}])
    for dimension in (Dimension.REGION, Dimension.ACCOUNT, Dimension.SERVICE):
        assert costs.values(dimension) == ("",)
    assert costs.label(Dimension.REGION, "") == "(no region)"
    assert not costs.has(Metric.LIST)


def test_categories_in_any_case_are_those_of_focus(load):
    costs = load([{"ChargeCategory": "usage", "PricingCategory": "STANDARD", "CommitmentDiscountStatus": "unused"}])
    found = select(costs, "SELECT charge_category, pricing_category, commitment_status FROM charges")
    assert found == [("Usage", "Standard", "Unused")]


def test_codes_and_names_are_one_service_and_products_are_found_in_it(load):
    costs = load(
        [
            {"ServiceName": "AmazonEC2", "ChargeDescription": "$0.045 per NAT Gateway Hour"},
            {"ServiceName": "Amazon Elastic Compute Cloud", "ChargeDescription": "$0.08 per GB-month of (gp3)"},
            {"ServiceName": "amazon ec2", "ChargeDescription": "", "SkuMeter": "EUC1-EBS:SnapshotUsage"},
            {"ServiceName": "Amazon EC2", "ChargeDescription": "$0.192 per On Demand Linux m5.xlarge Instance Hour"},
            {"ServiceName": "AmazonCloudWatch", "ChargeDescription": "snapshot data stored"},
        ]
    )
    found = select(costs, "SELECT service, product, count(*) FROM charges GROUP BY ALL ORDER BY ALL")
    ec2 = "Amazon Elastic Compute Cloud"
    assert found == [(ec2, "", 1), (ec2, "EBS", 2), (ec2, "NAT Gateway", 1), ("AmazonCloudWatch", "", 1)]
    assert costs.aliases(Dimension.SERVICE)["AmazonEC2"] == ec2


def test_a_name_that_two_accounts_share_is_no_other_name_of_either(load):
    costs = load([{}, {"SubAccountId": "444455556666"}, {"SubAccountId": "1", "SubAccountName": "staging"}])
    assert costs.aliases(Dimension.ACCOUNT) == {"staging": "1"}
    assert costs.label(Dimension.ACCOUNT, "444455556666") == "production (444455556666)"


def test_tags_without_a_key_or_a_value_are_none(load):
    costs = load([{"Tags": '{"": "x", "team": ""}'}, {"Tags": '{"team": "a"}', "SkuId": "2"}])
    assert costs.tag_keys == ("team",)
    assert costs.values(Tag("team")) == ("", "a")
    assert select(costs, "SELECT count(*) FROM charges WHERE tag_set = 0") == [(1,)]


def test_a_list_that_is_none_of_tags_is_refused(load):
    with pytest.raises(CostDataError, match=r"Line 2, column Tags: '\[\"a\"\]' is no list such as"):
        load([{"Tags": '["a"]'}])


def test_a_day_of_25_hours_is_a_day(load, today):
    row = {"ChargePeriodStart": "2026-10-25T07:00:00Z", "ChargePeriodEnd": "2026-10-26T08:00:00Z"}
    assert load([row]).coverage(today).providers["AWS"].is_daily


def test_bytes_and_seconds_are_large(load):
    costs = load(
        [{"ConsumedQuantity": "3.2e18", "ConsumedUnit": "byte-seconds", "SkuId": str(row)} for row in range(3)]
    )
    assert select(costs, "SELECT sum(quantity) FROM charges") == [(Decimal("9.6e18"),)]
    with pytest.raises(CostDataError, match="'1e21' is too large"):
        load([{"ConsumedQuantity": "1e21"}])


def test_days_of_another_time_zone_are_days_and_count_in_utc(load, today):
    def row(day, offset):
        start, end = (f"2026-{moment}T00:00:00{offset}" for moment in (day, "06-01"))
        return {"ChargePeriodStart": start, "ChargePeriodEnd": end}

    costs = load([row("05-31", "-07:00")])
    assert costs.coverage(today).providers["AWS"].is_daily
    assert costs.assumptions == ()
    with pytest.raises(CostDataError, match=r"00:00\+02:00' is another day in UTC, of which days and"):
        load([row("05-01", "+02:00")])
    hour = {"ChargePeriodStart": "2026-05-01T00:00:00+02:00", "ChargePeriodEnd": "2026-05-01T01:00:00+02:00"}
    costs = load([hour, hour | {"SkuId": "2"}])
    assert costs.assumptions == (
        "2 rows of the export count in UTC on another day than the export writes, as FOCUS has it: "
        "2026-05-01T00:00:00+02:00 is 30 April 2026 there.",
    )
    assert not any("last moment" in note or "no time zone" in note for note in costs.notes)
    assert "Rows whose times name no time zone, and are read as UTC: 1." in load([row("05-01", "")]).notes


def test_numbers_of_accounts_that_excel_has_rounded_are_said(load):
    (assumption,) = load([{"SubAccountId": "1.11122E+11"}]).assumptions
    assert assumption.startswith("Accounts have numbers such as 1.11122E+11, which Excel has rounded")


def test_accounts_are_projects_only_if_all_are(load):
    assert load([{"SubAccountType": "Project"}, {"SubAccountType": "project"}]).is_project
    assert not load([{"SubAccountType": "Project"}, {"SubAccountType": ""}]).is_project


def test_a_cost_that_only_some_rows_have_is_refused_by_name_and_the_other_offered(load, today):
    costs = load([{"ProviderName": "Oracle", "EffectiveCost": ""}, {}])
    assert costs.lacks(Metric.EFFECTIVE) == (
        "There is no effective cost, because EffectiveCost is blank in all rows of Oracle: "
        "ask for billed cost, which is there."
    )
    with pytest.raises(UnanswerableError, match="EffectiveCost is blank in all rows of Oracle: ask for billed cost"):
        answer("What did we spend in May 2026?", costs, today)
    assert "1.00 USD" in answer("What did AWS cost in May 2026?", costs, today).markdown
    assert "1 of 2 rows" in load([{"EffectiveCost": ""}, {}]).lacks(Metric.EFFECTIVE)


def test_what_no_charge_says_is_no_selection_of_nothing(load, today):
    costs = load([{"ChargeCategory": ""}])
    with pytest.raises(UnanswerableError, match="ChargeCategory is missing or blank"):
        answer("How much tax did we pay in May 2026?", costs, today)
    assert costs.lacks_values(Dimension.CHARGE_CATEGORY) == (
        "The charges say nothing of their charge category: the column ChargeCategory is missing or blank."
    )
    assert costs.lacks_values(Dimension.REGION) == costs.lacks_values(Dimension.PRODUCT) == ""


def test_a_purchase_beside_the_usage_that_it_covers_is_an_assumption(load):
    used = {"CommitmentDiscountId": "plan", "CommitmentDiscountStatus": "Used"}
    purchase = {"CommitmentDiscountId": "plan", "ChargeCategory": "Purchase", "EffectiveCost": "20"}
    (assumption,) = load([used, purchase]).assumptions
    assert assumption.startswith(
        "AWS gives purchases of commitments an EffectiveCost, 20.00 USD in all, beside the usage"
    )
    assert load([used, purchase | {"EffectiveCost": "0"}]).assumptions == ()
    assert load([used, purchase | {"CommitmentDiscountId": "other"}]).assumptions == ()
    # Microsoft's orders, and the plans in them.
    order = purchase | {"CommitmentDiscountId": "/Orders/1"}
    assert len(load([used | {"CommitmentDiscountId": "/orders/1/plans/2"}, order]).assumptions) == 1
    assert load([used | {"CommitmentDiscountId": "/orders/12"}, order]).assumptions == ()


# Generated values.

texts = st.text(st.characters(codec="utf-8"), max_size=12)
plain_amounts = st.decimals(-(10**15) + 1, 10**15 - 1, places=18)
written_amounts = st.one_of(
    plain_amounts.map(lambda value: f"{value:f}"),
    plain_amounts.map(lambda value: f"{value:E}"),
    plain_amounts.map(lambda value: f" {value:+e} "),
    st.floats(-1e14, 1e14).map(repr),
    st.from_regex(r"[+-]?\d{0,6}\.?\d{0,30}([eE][+-]?\d{1,2})?", fullmatch=True),
)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@generated
@given(st.lists(written_amounts, min_size=1, max_size=20))
@example(["1.0E-7", "5E-19", "4.9E-19", ".5", "5.", "-0", "1e-400", "0.0000000000000000005", "9" * 15 + "." + "9" * 18])
def test_amounts_are_read_exactly_to_18_places_or_refused(load, amounts):
    values = [amount.strip() for amount in amounts]
    are_numbers = all(NUMBER.fullmatch(value) and Decimal(value).copy_abs() < 10**15 for value in values if value)
    try:
        costs = load([{"ListCost": amount, "SkuId": str(number)} for number, amount in enumerate(amounts)])
    except CostDataError as error:
        assert not are_numbers
        assert "column ListCost: " in str(error)
        return
    assert are_numbers
    with localcontext(prec=99):
        exact = [Decimal(value).quantize(Decimal(1).scaleb(-18), ROUND_HALF_UP) for value in values if value]
    found = [value for (value,) in select(costs, "SELECT list FROM charges WHERE list IS NOT NULL")]
    assert sorted(found) == sorted(exact)


ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(2001, 1, 1), datetime(2098, 12, 31), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
WAYS = [
    lambda moment, zone: f"{moment:%Y-%m-%dT%H:%M:%SZ}",
    lambda moment, zone: f"{moment:%Y-%m-%d %H:%M:%S}",
    lambda moment, zone: f"{moment:%Y-%m-%d %H:%M:%S} UTC",
    lambda moment, zone: f"{moment:%Y-%m-%dT%H:%M:%S}.000Z",
    lambda moment, zone: f"{moment:%Y-%m-%dT%H:%M:%S}.0000000Z",
    lambda moment, zone: moment.astimezone(zone).isoformat(),
    lambda moment, zone: f"{moment:%Y-%m-%d %H:%M:%S}+00",
]


@generated
@given(moments, ZONES, st.sampled_from(WAYS))
def test_times_of_all_dialects_are_read_exactly(load, moment, zone, way):
    start, end = moment, moment + timedelta(hours=1)
    costs = load([{"ChargePeriodStart": way(start, zone), "ChargePeriodEnd": way(end, zone)}])
    ((day, end_at),) = select(costs, "SELECT day, end_at FROM charges")
    assert day == start.date()
    if (end.hour, end.minute) != (23, 59):  # which is an end given as the last moment
        assert end_at == min(end.replace(tzinfo=None), datetime.combine(day + timedelta(days=1), time()))


@generated
@given(texts)
@example("4/1/25")
@example("epoch")
@example("\xa0")
@example("infinity")
@example("now")
@example("2026-02-30")
@example("20260501")
def test_other_times_are_refused(load, text):
    try:
        costs = load([{"ChargePeriodStart": text, "ChargePeriodEnd": "2099-01-01"}])
    except CostDataError as error:
        assert "column ChargePeriodStart: " in str(error)
    else:  # a date that hypothesis has found
        assert select(costs, "SELECT day FROM charges") == [(date.fromisoformat(text.strip()[:10].replace("/", "-")),)]


@generated
@given(st.lists(st.lists(texts, min_size=5, max_size=5), max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_rows_of_any_text_are_read_whole_or_refused(tmp_path, rows, end):
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator=end)
    writer.writerow(HEADER.split(","))
    writer.writerow(ROW.split(","))
    for cells in rows:
        writer.writerow([*ROW.split(",")[:4], "".join(cells)])
    try:
        costs = loaded(tmp_path, stream.getvalue().encode())
    except CostDataError:
        return
    assert costs.rows == 1 + len(rows)
    assert select(costs, "SELECT sum(effective) FROM charges") == [(Decimal("1.25") * costs.rows,)]


@generated
@given(
    st.one_of(st.binary(max_size=200), texts.map(str.encode), st.binary(max_size=100).map(lambda part: SMALL + part))
)
def test_any_bytes_are_read_or_refused(tmp_path, data):
    try:
        loaded(tmp_path, data)
    except CostDataError as error:
        assert str(error)


@generated
@given(st.integers(0, 8 * len(gzip.compress(SMALL, mtime=0)) - 1))
def test_a_damaged_gzip_file_is_refused_or_says_the_same(tmp_path, bit):
    data = bytearray(gzip.compress(SMALL, mtime=0))
    data[bit // 8] ^= 1 << bit % 8
    try:
        costs = loaded(tmp_path, bytes(data))
    except CostDataError:
        return
    assert charges(costs) == charges(loaded(tmp_path, SMALL))


# Parquet.


def parquet(folder: Path, select_: str) -> Path:
    path = folder / "costs.parquet"
    duckdb.connect().execute(f"COPY ({select_}) TO '{path}' (FORMAT parquet)")
    return path


USUAL = {"start": "TIMESTAMP '2026-05-01'", "cost": "0.1::DOUBLE", "tags": "MAP {'team': 'a'}"}


@pytest.mark.parametrize(
    "other",
    [
        {"tags": "{'team': 'a'}"},
        {"tags": "[{'key': 'team', 'value': 'a'}]"},
        {"tags": """'{"team": "a"}'"""},
        {"cost": "0.1::DECIMAL(20, 10)"},
        {"cost": "0.1::FLOAT"},
        {"cost": "'0.1'"},
        {"cost": "'1E-1'::BLOB"},
        {"start": "TIMESTAMPTZ '2026-05-01 02:00:00+02'"},
        {"start": "TIMESTAMP_NS '2026-05-01'"},
        {"start": "DATE '2026-05-01'"},
        {"start": "'2026-05-01T00:00Z'"},
    ],
    ids=str,
)
def test_parquet_has_the_same_charges_whatever_its_types(tmp_path, other):
    types = USUAL | other
    path = parquet(
        tmp_path,
        f"SELECT 'USD' AS BillingCurrency, {types['start']} AS ChargePeriodStart, "
        "TIMESTAMP '2026-06-01' AS ChargePeriodEnd, "
        f"{types['cost']} AS EffectiveCost, 's' AS ServiceName, {types['tags']} AS Tags",
    )
    costs = load_costs([path])
    assert select(costs, "SELECT day, effective FROM charges") == [(date(2026, 5, 1), Decimal("0.1"))]
    assert costs.values(Tag("team")) == ("a",)


def test_a_value_of_parquet_is_refused_with_its_column(tmp_path):
    path = parquet(
        tmp_path,
        "SELECT 'USD' AS BillingCurrency, '2026' AS ChargePeriodStart, '2027' AS ChargePeriodEnd, "
        "1 AS EffectiveCost, 's' AS ServiceName",
    )
    with pytest.raises(CostDataError, match=r"costs.parquet: .*[Cc]olumn ChargePeriodStart: '2026' is not a date"):
        load_costs([path])


# Real exports.


def summed(path: Path) -> dict[str, Decimal]:
    """The sums of a file, in plain Python."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    sums: dict[str, Decimal] = {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        if row["BillingCurrency"] != "BillingCurrency":
            sums[row["BillingCurrency"]] = sums.get(row["BillingCurrency"], Decimal(0)) + Decimal(row["BilledCost"])
    return sums


def test_every_file_of_the_cases_is_read_to_its_last_digit_or_refused_for_its_kind(shared_data):
    files = [*sorted(shared_data.glob("focus_cases/*.csv*")), shared_data / "focus_sample.csv"]
    refused = {}
    for path in files:
        try:
            costs = load_costs([path])
        except CostDataError as error:
            refused[path.name] = str(error)
            continue
        assert dict(select(costs, "SELECT currency, sum(billed) FROM charges GROUP BY 1")) == summed(path), path
    assert refused.keys() == {"excel_semicolons_decimal_comma.csv", "us_short_dates_bom.csv"}


def test_a_parquet_of_the_real_sample_has_the_same_charges(shared_data, tmp_path):
    source = shared_data / "focus_sample.csv"
    path = parquet(tmp_path, f"SELECT * FROM read_csv('{source}', all_varchar = true, nullstr = 'NULL')")
    sql = "SELECT * EXCLUDE (tag_set) FROM charges ORDER BY ALL"
    assert select(load_costs([path]), sql) == select(load_costs([source]), sql)


def test_after_loading_the_database_reads_no_files(shipped, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    for sql in (f"SELECT * FROM read_csv('{secret}')", "SET enable_external_access = true"):
        with pytest.raises(duckdb.Error):
            select(shipped, sql)


def test_tags_and_numbers_of_json_are_text(load):
    costs = load([{"Tags": json.dumps({"é": 'a"b', "n": {"x": 1}})}])
    assert select(costs, "SELECT key, value FROM tags ORDER BY 1") == [("n", '{"x":1}'), ("é", 'a"b')]


def test_sets_of_tags_that_are_alike_are_told_apart(load):
    costs = load([{"Tags": json.dumps({"team": f"team-{n}", "owner": f"p{n}"})} for n in range(500)])
    assert len(costs.values(Tag("team"))) == 500
