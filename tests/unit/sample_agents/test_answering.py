"""Typed queries answered: every figure against sums of the rows in plain Python, which knows nothing of the SQL."""

import json
import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from background_processor.figures import figures_json
from sample_agents.answering.figures import Column, Figure, as_data
from sample_agents.answering.report import answer
from sample_agents.costs.load import load_costs
from sample_agents.errors import UnanswerableError
from sample_agents.query import ANY_TAG, Dimension, Direction, Filter, Metric, Period, Query, Shape, Tag, Unit

TODAY = date(2026, 11, 30)
EC2, S3 = "Amazon Elastic Compute Cloud", "Amazon Simple Storage Service"
AUGUST, SEPTEMBER, OCTOBER, NOVEMBER = (
    Period(date(2026, month, 1), date(2026, month + 1, 1)) for month in (8, 9, 10, 11)
)
AUTUMN = Period(AUGUST.first, NOVEMBER.end)
REGION, SERVICE, ACCOUNT = Dimension.REGION, Dimension.SERVICE, Dimension.ACCOUNT


def charge(day, cost, **columns):
    """A day's charge; the columns that a test cares for."""
    return {
        "ChargePeriodStart": f"{day}T00:00:00Z",
        "ChargePeriodEnd": f"{day + timedelta(days=1)}T00:00:00Z",
        "EffectiveCost": str(cost),
        "RegionName": "",
        **columns,
    }


def company():
    """A row a day and service from 1 August to 20 November, with cents that do not come out even, and tags."""
    numbers = random.Random(12)
    rows = []
    for day in Period(AUGUST.first, date(2026, 11, 21)):
        for service, region in ((EC2, "us-east-1"), (EC2, "eu-west-1"), (S3, "us-east-1"), ("Tax", "")):
            cost = Decimal(numbers.randrange(10**6)) / 7919
            rows.append(
                charge(
                    day,
                    round(cost, 9),
                    ServiceName=service,
                    RegionId=region,
                    ChargeCategory="Tax" if service == "Tax" else "Usage",
                    ListCost="" if service == "Tax" else str(round(cost * 2, 9)),
                    BilledCost=str(round(cost / 3, 9)),
                    ConsumedQuantity=str(numbers.randrange(100)),
                    ConsumedUnit="Hours" if service == EC2 else "GB",
                    ResourceId=f"{service[:12]}-{numbers.randrange(5)}",
                    SubAccountId=numbers.choice(["1", "2"]),
                    Tags=numbers.choice(['{"team": "a"}', '{"team": "b"}', ""]),
                )
            )
    return rows


ROWS = company()


@pytest.fixture(scope="module")
def costs(tmp_path_factory):
    return load_costs([written(tmp_path_factory.mktemp("costs"), ROWS)])


def written(folder, rows):
    """The rows as a CSV file."""
    from unit.sample_agents.conftest import USUAL_ROW  # noqa: PLC0415

    path = folder / "costs.csv"
    columns = list(USUAL_ROW)
    lines = [columns] + [[str((USUAL_ROW | row)[column]) for column in columns] for row in rows]
    path.write_text("\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines))
    return path


def ask(costs, shape, *periods, **parts):
    with localcontext(Context(prec=60)):
        return answer(Query(shape, periods=periods, **parts), costs, TODAY)


def added(rows, period, column="EffectiveCost", **where):
    """The sum of a column over the rows that start in the period and whose columns have these values."""
    return sum(
        (
            Decimal(row[column])
            for row in rows
            if period.first <= date.fromisoformat(row["ChargePeriodStart"][:10]) < period.end
            and row[column] != ""
            and all(row[name] in (value if isinstance(value, tuple) else (value,)) for name, value in where.items())
        ),
        Decimal(0),
    )


def shown(value):
    return f"{value.quantize(Decimal('0.01'), rounding=ROUND_HALF_EVEN):,f}"


def headline(given):
    return next(line for line in given.markdown.splitlines() if line.startswith("**"))


@pytest.mark.parametrize(
    ("metric", "column"),
    [(Metric.EFFECTIVE, "EffectiveCost"), (Metric.BILLED, "BilledCost")],
)
def test_a_total_is_the_sum_of_the_rows(costs, metric, column):
    given = ask(costs, Shape.TOTAL, OCTOBER, metric=metric)
    assert f" in October 2026: {shown(added(ROWS, OCTOBER, column))} USD**" in headline(given)
    assert given.figures[0].rows[0]["amount"] == added(ROWS, OCTOBER, column)
    assert f"124 rows of the data's {len(ROWS)} went into it." in given.markdown


@pytest.mark.parametrize(
    ("filters", "where"),
    [
        ((Filter(SERVICE, (EC2,)),), {"ServiceName": EC2}),
        ((Filter(SERVICE, (EC2,), excluded=True),), {"ServiceName": (S3, "Tax")}),
        ((Filter(SERVICE, (EC2, S3)), Filter(REGION, ("eu-west-1",), excluded=True)), {"RegionId": "us-east-1"}),
        ((Filter(Tag("team"), ("a",)),), {"Tags": '{"team": "a"}'}),
        ((Filter(Tag("team"), ("a",), excluded=True),), {"Tags": ('{"team": "b"}', "")}),
        ((Filter(Tag("team"), ("",)),), {"Tags": ""}),
        ((Filter(REGION, ("",)),), {"RegionId": ""}),
        ((Filter(ANY_TAG, ("",)),), {"Tags": ""}),
        ((Filter(Dimension.CHARGE_CATEGORY, ("Tax",)),), {"ServiceName": "Tax"}),
    ],
)
def test_a_filter_includes_or_excludes(costs, filters, where):
    given = ask(costs, Shape.TOTAL, OCTOBER, filters=filters)
    assert given.figures[0].rows[0]["amount"] == added(ROWS, OCTOBER, **where)


def test_the_headline_says_what_is_selected(costs):
    filters = (
        Filter(SERVICE, (EC2, S3)),
        Filter(REGION, ("us-east-1",)),
        Filter(Tag("team"), ("a",), excluded=True),
        Filter(ACCOUNT, ("3", "4", "5", "6"), excluded=True),
    )
    assert headline(ask(costs, Shape.TOTAL, OCTOBER, filters=filters)).startswith(
        f"**Effective cost of {EC2} and {S3} in us-east-1 without team a and 3, 4, 5 and 1 more in October 2026: "
    )
    blanks = (Filter(ANY_TAG, ("",)), Filter(Dimension.RESOURCE, ("",), excluded=True))
    assert headline(ask(costs, Shape.TOTAL, OCTOBER, filters=blanks)).startswith(
        "**Effective cost with no tag with any resource in October 2026: "
    )


def test_a_breakdown_has_a_row_for_each_value_the_highest_first_and_a_total(costs):
    (figure,) = ask(costs, Shape.TOTAL, OCTOBER, by=(SERVICE,)).figures
    wanted = {name: added(ROWS, OCTOBER, ServiceName=name) for name in (EC2, S3, "Tax")}
    assert [row["by0"] for row in figure.rows] == sorted(wanted, key=lambda name: -wanted[name])
    assert {row["by0"]: row["b0"] for row in figure.rows} == wanted
    assert figure.total["b0"] == added(ROWS, OCTOBER)
    assert round(figure.rows[0]["share"], 9) == round(100 * max(wanted.values()) / added(ROWS, OCTOBER), 9)


def test_a_breakdown_by_two_things_and_by_month_has_a_column_for_each_month(costs):
    (figure,) = ask(costs, Shape.TOTAL, AUTUMN, by=(REGION, Tag("team")), every=Unit.MONTH).figures
    row = next(row for row in figure.rows if (row["by0"], row["by1"]) == ("us-east-1", "(no team)"))
    months = [AUGUST, SEPTEMBER, OCTOBER, NOVEMBER]
    assert [row[f"b{n}"] for n in range(4)] == [added(ROWS, month, RegionId="us-east-1", Tags="") for month in months]
    assert figure.total["total"] == added(ROWS, AUTUMN)
    assert [column.label for column in figure.columns[2:6]][-1] == "November 2026 (to 20 November 2026)"


@pytest.mark.parametrize(
    ("every", "first", "count"),
    [(Unit.DAY, "2026-08-01", 112), (Unit.WEEK, "2026-07-27", 17), (Unit.MONTH, "2026-08-01", 4)],
)
def test_units_of_time_add_up_to_the_period_and_those_cut_short_say_so(costs, every, first, count):
    (figure,) = ask(costs, Shape.TOTAL, AUTUMN, every=every).figures
    assert str(figure.rows[0]["period"]) == first
    assert len(figure.rows) == count
    assert sum(row["amount"] for row in figure.rows) == figure.total["amount"] == added(ROWS, AUTUMN)
    marks = [row["mark"] for row in figure.rows if row["mark"]]
    assert (
        marks
        == {
            Unit.DAY: [],
            Unit.WEEK: ["(from 1 August 2026)", "(to 20 November 2026)"],
            Unit.MONTH: ["(to 20 November 2026)"],
        }[every]
    )


def test_many_days_by_service_stand_below_each_other(costs):
    (figure,) = ask(costs, Shape.TOTAL, OCTOBER, by=(SERVICE,), every=Unit.DAY).figures
    assert len(figure.rows) == 31
    labels = {column.label: column.key for column in figure.columns}
    assert figure.rows[4][labels[EC2]] == added(ROWS, Period(date(2026, 10, 5), date(2026, 10, 6)), ServiceName=EC2)
    assert figure.total[labels["Total"]] == added(ROWS, OCTOBER)


@pytest.mark.parametrize(("direction", "sign"), [(Direction.HIGHEST, -1), (Direction.LOWEST, 1), (None, -1)])
def test_a_limit_shows_so_many_values_charges_without_one_and_the_rest_as_one_row(costs, direction, sign):
    given = ask(costs, Shape.TOTAL, OCTOBER, by=(REGION,), limit=1, direction=direction)
    (figure,) = given.figures
    amounts = {name: added(ROWS, OCTOBER, RegionId=name) for name in ("us-east-1", "eu-west-1")}
    first, other = sorted(amounts, key=lambda name: sign * amounts[name])
    assert [row["by0"] for row in figure.rows] == [first, "(no region)", "1 more"]
    assert [row["b0"] for row in figure.rows] == [amounts[first], added(ROWS, OCTOBER, RegionId=""), amounts[other]]
    assert f"{first} with {shown(amounts[first])} USD" in headline(given)


def test_the_most_expensive_day(costs):
    given = ask(costs, Shape.TOTAL, OCTOBER, every=Unit.DAY, limit=1, direction=Direction.HIGHEST)
    days = {day: added(ROWS, Period(day, day + timedelta(days=1))) for day in OCTOBER}
    highest = max(days, key=days.get)
    assert f"the highest day is {highest} with {shown(days[highest])} USD" in headline(given)
    assert given.figures[0].rows[1] == {"period": "30 more", "amount": added(ROWS, OCTOBER) - days[highest]}


def test_several_periods_are_each_by_itself_and_added_only_if_no_day_is_in_two(costs):
    apart = ask(costs, Shape.TOTAL, AUGUST, OCTOBER)
    assert f"together {shown(added(ROWS, AUGUST) + added(ROWS, OCTOBER))} USD" in headline(apart)
    overlapping = ask(costs, Shape.TOTAL, AUGUST, Period(AUGUST.first, OCTOBER.end))
    assert "together" not in headline(overlapping)
    assert overlapping.figures[0].total is None


def test_a_quantity_is_never_added_over_units(costs):
    given = ask(costs, Shape.TOTAL, OCTOBER, metric=Metric.QUANTITY)
    assert {column.label for figure in given.figures for column in figure.columns[1:]} == {
        "Consumed quantity (GB)",
        "Consumed quantity (Hours)",
    }
    hours = added(ROWS, OCTOBER, "ConsumedQuantity", ServiceName=EC2)
    assert f"**Consumed quantity in October 2026: {hours:,} Hours**" in given.markdown


def test_a_quantity_in_many_units_is_one_table_of_them(load):
    costs = load([charge(day, 1, ConsumedQuantity="2", ConsumedUnit=f"Unit {day.day % 6}") for day in OCTOBER])
    (figure,) = ask(costs, Shape.TOTAL, OCTOBER, metric=Metric.QUANTITY).figures
    assert {row["unit"]: row["amount"] for row in figure.rows} == {
        f"Unit {rest}": 2 * sum(day.day % 6 == rest for day in OCTOBER) for rest in range(6)
    }
    with pytest.raises(UnanswerableError, match="6 units, which I do not add: name one of Unit 0, Unit 1"):
        ask(costs, Shape.TOTAL, OCTOBER, metric=Metric.QUANTITY, by=(REGION,))


def test_savings_against_list_are_of_rows_with_both_and_the_cost_of_others_is_said(costs):
    given = ask(costs, Shape.TOTAL, OCTOBER, metric=Metric.SAVED)
    listed = {"ServiceName": (EC2, S3)}
    saved = added(ROWS, OCTOBER, "ListCost", **listed) - added(ROWS, OCTOBER, **listed)
    assert f"without 31 rows that have no ListCost: {shown(saved)} USD**" in headline(given)
    untold = shown(added(ROWS, OCTOBER, ServiceName="Tax"))
    assert f"Effective cost without a list price, which is not in it: {untold} USD." in given.markdown


def test_a_share_is_part_and_whole(costs):
    filters = (Filter(SERVICE, (EC2,)),)
    given = ask(costs, Shape.SHARE, OCTOBER, filters=filters)
    part, whole = added(ROWS, OCTOBER, ServiceName=EC2), added(ROWS, OCTOBER)
    assert headline(given).startswith(f"**{100 * part / whole:.1f} % of the effective cost in October 2026 is {EC2}: ")
    each = {name: added(ROWS, OCTOBER, ServiceName=name) for name in (EC2, S3, "Tax")}
    largest = max(each, key=each.get)
    of_all = headline(ask(costs, Shape.SHARE, OCTOBER, by=(SERVICE,)))
    assert of_all.startswith(
        f"**{100 * each[largest] / whole:.1f} % of the effective cost in October 2026 is {largest}: "
        f"{shown(each[largest])} USD of {shown(whole)} USD"
    )
    region = Filter(REGION, ("us-east-1",))
    for narrow in ((*filters, region), (region,)):
        (figure,) = ask(costs, Shape.SHARE, OCTOBER, filters=narrow, whole=filters).figures
        assert figure.rows[0]["part"] == added(ROWS, OCTOBER, ServiceName=EC2, RegionId="us-east-1")
        assert figure.rows[0]["whole"] == part


def test_an_average_is_over_the_days_or_whole_months_that_the_data_have(costs):
    by_day = ask(costs, Shape.AVERAGE, NOVEMBER, every=Unit.DAY)
    assert f"{shown(added(ROWS, NOVEMBER) / 20)} USD per day, over 20 days" in headline(by_day)
    by_month = ask(costs, Shape.AVERAGE, AUTUMN, every=Unit.MONTH)
    three = Period(AUGUST.first, OCTOBER.end)
    assert f"{shown(added(ROWS, three) / 3)} USD per month, over 3 months" in headline(by_month)
    with pytest.raises(UnanswerableError, match="no whole month in November 2026"):
        ask(costs, Shape.AVERAGE, NOVEMBER, every=Unit.MONTH)


def test_a_comparison_says_the_change_and_whether_the_periods_are_alike(costs):
    before, after = added(ROWS, SEPTEMBER), added(ROWS, OCTOBER)
    given = ask(costs, Shape.COMPARISON, SEPTEMBER, OCTOBER)
    assert all(shown(value) in headline(given) for value in (before, after, abs(after - before)))
    assert f"{100 * (after - before) / before:+,.1f} %" in headline(given)
    as_many_days = [Period(month.first, month.first + timedelta(days=20)) for month in (OCTOBER, NOVEMBER)]
    for alike in (given, ask(costs, Shape.COMPARISON, *as_many_days)):
        assert "like for like" not in alike.markdown.lower()
    unlike = ask(costs, Shape.COMPARISON, OCTOBER, NOVEMBER)
    assert "not like for like: 31 days against 20 days" in headline(unlike)
    assert f"{shown(after / 31)} USD, then {shown(added(ROWS, NOVEMBER) / 20)} USD" in unlike.markdown
    assert 'Like for like would be: "Compare 1 to 20 October 2026 and 1 to 20 November 2026".' in unlike.markdown


def test_a_comparison_by_service_has_a_row_for_each_with_its_change(costs):
    (figure,) = ask(costs, Shape.COMPARISON, SEPTEMBER, OCTOBER, by=(SERVICE,)).figures
    for row in figure.rows:
        before, after = (added(ROWS, month, ServiceName=row["by0"]) for month in (SEPTEMBER, OCTOBER))
        assert (row["b0"], row["b1"], row["change"]) == (before, after, after - before)
        assert round(row["percent"], 6) == round(100 * (after - before) / before, 6)


def test_growth_is_of_whole_months_and_what_is_not_in_the_data_is_refused_by_name(costs):
    given = ask(costs, Shape.GROWTH, AUTUMN, every=Unit.MONTH)
    (figure,) = given.figures
    assert [(row["period"], row["other"]) for row in figure.rows] == [
        ("September 2026", "August 2026"),
        ("October 2026", "September 2026"),
    ]
    assert figure.rows[0]["change"] == added(ROWS, SEPTEMBER) - added(ROWS, AUGUST)
    assert "August 2026 against July 2026: July 2026 is not whole in the data." in given.markdown
    assert "November 2026 is not whole" in given.markdown
    with pytest.raises(UnanswerableError, match="October 2026 against October 2025: October 2025 is not whole"):
        ask(costs, Shape.GROWTH, OCTOBER, every=Unit.MONTH, year_on_year=True)


@pytest.mark.parametrize("direction", [None, Direction.ROSE, Direction.FELL])
def test_movers_and_their_reasons_add_up_to_what_changed(costs, direction):
    given = ask(costs, Shape.MOVERS, SEPTEMBER, OCTOBER, direction=direction)
    figure, *why = given.figures
    change = added(ROWS, OCTOBER) - added(ROWS, SEPTEMBER)
    assert f"{shown(abs(change))} USD" in headline(given)
    assert sum(row["change"] for row in figure.rows) == figure.total["change"] == change
    named = [row for row in figure.rows if not row["by0"].endswith(" more")]
    assert all(direction is None or (row["change"] > 0) == (direction is Direction.ROSE) for row in named)
    reasons = defaultdict(Decimal)
    for reason in why:
        for row in reason.rows:
            reasons[row["by0"]] += row["change"]
    assert reasons == {row["by0"]: row["change"] for row in named[:3]}


@pytest.mark.parametrize("direction", [Direction.ROSE, Direction.FELL])
def test_movers_are_only_those_that_went_the_way_that_is_asked_for(costs, direction):
    figure = ask(costs, Shape.MOVERS, SEPTEMBER, OCTOBER, by=(Dimension.RESOURCE,), direction=direction).figures[0]
    changes = {
        name: added(ROWS, OCTOBER, ResourceId=name) - added(ROWS, SEPTEMBER, ResourceId=name)
        for name in {row["ResourceId"] for row in ROWS}
    }
    went = {name: change for name, change in changes.items() if (change > 0) == (direction is Direction.ROSE)}
    assert 0 < len(went) < len(changes)
    assert {row["by0"]: row["change"] for row in figure.rows[:-1]} == went
    assert figure.rows[-1]["change"] == sum(changes.values()) - sum(went.values())


def test_what_a_shape_cannot_be_broken_down_by_is_refused(costs):
    for shape, parts in (
        (Shape.COMPARISON, {"every": Unit.WEEK}),
        (Shape.MOVERS, {"every": Unit.WEEK}),
        (Shape.SHARE, {"every": Unit.WEEK, "by": (SERVICE,)}),
        (Shape.FORECAST, {"by": (SERVICE,)}),
        (Shape.FORECAST, {"every": Unit.WEEK}),
        (Shape.ANOMALIES, {"every": Unit.WEEK}),
        (Shape.AVERAGE, {}),
        (Shape.SHARE, {"metric": Metric.UTILISATION}),
    ):
        periods = (SEPTEMBER, OCTOBER) if shape in (Shape.COMPARISON, Shape.MOVERS) else (OCTOBER,)
        with pytest.raises(UnanswerableError):
            ask(costs, shape, *periods, **parts)


def test_more_parts_than_a_function_holds_are_refused(load):
    costs = load([charge(day, 1) for day in OCTOBER])
    costs.connection.execute(
        "INSERT INTO charges SELECT one.* REPLACE (number::VARCHAR AS resource) "
        "FROM (SELECT * FROM charges LIMIT 1) AS one, range(200001) AS numbers(number)"
    )
    with pytest.raises(UnanswerableError, match="more than 200,000 parts"):
        ask(costs, Shape.TOTAL, OCTOBER, by=(Dimension.RESOURCE,))


def test_a_sum_that_cannot_be_exact_is_refused(load):
    costs = load([charge(day, 1) for day in OCTOBER])
    costs.connection.execute("UPDATE charges SET effective = 90000000000000000000::DECIMAL(38, 18)")
    with pytest.raises(UnanswerableError, match="more than 20 digits"):
        ask(costs, Shape.TOTAL, OCTOBER)


def test_amounts_are_exact_to_the_last_digit(load):
    amounts = ["0.1", "0.000000000000000001", "123456789012345.123456789012345678", "-0.2"]
    costs = load([charge(date(2026, 10, number), amount) for number, amount in enumerate(amounts, start=1)])
    figure = ask(costs, Shape.TOTAL, Period(OCTOBER.first, date(2026, 10, 5))).figures[0]
    assert figure.rows[0]["amount"] == Decimal("123456789012345.023456789012345679")


def commitments():
    """EC2 in October: used and unused parts of a commitment, eligible on-demand hours, and hours that are not."""
    usage = {"ServiceName": EC2, "ConsumedUnit": "Hours", "CommitmentDiscountId": "plan"}
    day = OCTOBER.first
    return [
        charge(day, 60, ListCost="100", PricingCategory="Committed", CommitmentDiscountStatus="Used", **usage),
        charge(day, 20, ListCost="0", PricingCategory="Committed", CommitmentDiscountStatus="Unused", **usage),
        charge(day, 300, ListCost="300", **usage | {"CommitmentDiscountId": ""}),
        charge(day, 7, ListCost="7", ChargeDescription="NAT Gateway Hour", **usage | {"CommitmentDiscountId": ""}),
        charge(day, 5, ListCost="5", ServiceName=S3, ConsumedUnit="Hours"),
        charge(date(2026, 10, 31), 0, ServiceName=S3),
    ]


def test_utilisation_is_used_of_used_and_unused_and_coverage_is_at_list_prices(load):
    costs = load(commitments())
    assert "75.0 % is used in October 2026 (60.00 USD used, 20.00 USD unused)" in headline(
        ask(costs, Shape.TOTAL, OCTOBER, metric=Metric.UTILISATION)
    )
    assert "25.0 % is covered in October 2026 (100.00 USD covered, 300.00 USD on demand)" in headline(
        ask(costs, Shape.TOTAL, OCTOBER, metric=Metric.COVERAGE)
    )
    with pytest.raises(UnanswerableError, match="no usage that a commitment covers"):
        ask(costs, Shape.TOTAL, OCTOBER, metric=Metric.COVERAGE, filters=(Filter(SERVICE, (S3,)),))


def test_currencies_have_a_section_each(load):
    days = [date(2026, 10, 1), date(2026, 10, 31)]
    costs = load([charge(day, 10, BillingCurrency=currency) for day in days for currency in ("USD", "EUR")])
    given = ask(costs, Shape.TOTAL, OCTOBER)
    assert [line for line in given.markdown.splitlines() if line.startswith("**")] == [
        "**Effective cost in October 2026: 20.00 EUR**.",
        "**Effective cost in October 2026: 20.00 USD**.",
    ]
    assert "20.00 USD" in headline(ask(costs, Shape.TOTAL, OCTOBER, currency="USD"))


def test_a_gap_is_named_in_the_headline_and_refused_when_it_is_all_that_is_asked_for(load):
    months = [date(2026, month, day) for month in (7, 8, 10) for day in (1, 31)]
    costs = load([charge(day, 10) for day in months])
    whole = Period(date(2026, 7, 1), OCTOBER.end)
    assert headline(ask(costs, Shape.TOTAL, whole)) == (
        "**Effective cost from July to October 2026 (in the 3 of 4 months that the data have): 60.00 USD**."
    )
    days = [date(2026, 7, 1) + timedelta(days=number) for number in range(92)]
    holed = load([charge(day, 1) for day in days if not date(2026, 8, 10) <= day <= date(2026, 8, 20)])
    assert headline(ask(holed, Shape.TOTAL, Period(date(2026, 8, 1), date(2026, 9, 1)))) == (
        "**Effective cost in August 2026 (without 10 to 20 August 2026): 20.00 USD**."
    )
    with pytest.raises(UnanswerableError, match="September 2026 is not in the data: it is a gap"):
        ask(costs, Shape.TOTAL, SEPTEMBER)
    rows = ask(costs, Shape.TOTAL, whole, every=Unit.MONTH).figures[0].rows
    assert rows[2] == {"period": SEPTEMBER.first, "amount": None, "mark": "(not in the data)"}


def test_a_provider_whose_data_end_early_is_named_in_the_headline(load):
    costs = load(
        [charge(day, 10, ProviderName="AWS") for day in OCTOBER]
        + [charge(day, 10, ProviderName="Microsoft") for day in Period(OCTOBER.first, date(2026, 10, 11))]
        + [charge(day, 10, ProviderName="Oracle") for day in SEPTEMBER]
    )
    assert headline(ask(costs, Shape.TOTAL, OCTOBER)) == (
        "**Effective cost in October 2026 (Microsoft only to 10 October 2026; without Oracle, whose data end on 30 "
        "September 2026): 410.00 USD**."
    )
    long_ago = load([charge(date(2025, 5, 31), 1, ProviderName="Oracle"), *(charge(day, 1) for day in OCTOBER)])
    gone = ask(long_ago, Shape.TOTAL, OCTOBER)
    assert headline(gone) == "**Effective cost in October 2026: 31.00 USD**."
    assert "October 2026: without Oracle, whose data end on 31 May 2025." in gone.markdown
    only = ask(costs, Shape.TOTAL, OCTOBER, filters=(Filter(Dimension.PROVIDER, ("AWS",)),))
    assert headline(only) == "**Effective cost of AWS in October 2026: 310.00 USD**."


def test_what_is_not_in_the_data_is_refused_with_what_is(costs):
    with pytest.raises(UnanswerableError, match="May 2024 is not in the data: they reach from 1 August 2026 to 20 Nov"):
        ask(costs, Shape.TOTAL, Period(date(2024, 5, 1), date(2024, 6, 1)))


def test_a_metric_that_the_data_lack_is_refused_by_name(load):
    costs = load([charge(day, 1, ContractedCost="") for day in OCTOBER])
    with pytest.raises(
        UnanswerableError, match=r"no contracted cost, because ContractedCost is blank .* The data have: effe"
    ):
        ask(costs, Shape.TOTAL, OCTOBER, metric=Metric.CONTRACTED)


def test_rows_without_the_metric_are_said_in_the_headline(load):
    costs = load([charge(day, 1, ListCost="1" if day.day > 2 else "") for day in OCTOBER])
    said = headline(ask(costs, Shape.TOTAL, OCTOBER, metric=Metric.LIST))
    assert said == "**List cost in October 2026, without 2 rows that have no ListCost: 29.00 USD**."


def test_purchases_beside_the_usage_that_they_cover_are_said_in_the_headline(load):
    plan = {"CommitmentDiscountId": "plan", "ServiceName": EC2}
    costs = load(
        [charge(day, 10, CommitmentDiscountStatus="Used", **plan) for day in OCTOBER]
        + [charge(OCTOBER.first, 310, ChargeCategory="Purchase", **plan)]
        + [charge(OCTOBER.first, 5, ChargeCategory="Purchase", ServiceName="Marketplace")]
    )
    said = headline(ask(costs, Shape.TOTAL, OCTOBER))
    assert said == (
        "**Effective cost in October 2026, with 310.00 USD of purchases counted beside the usage that they cover: "
        "625.00 USD**."
    )
    usage = (Filter(Dimension.CHARGE_CATEGORY, ("Usage",)),)
    assert headline(ask(costs, Shape.TOTAL, OCTOBER, filters=usage)) == (
        "**Effective cost of Usage in October 2026: 310.00 USD**."
    )


def test_a_category_without_rows_is_zero_and_anything_else_without_rows_is_no_charge(costs):
    refunds = ask(costs, Shape.TOTAL, OCTOBER, filters=(Filter(Dimension.CHARGE_CATEGORY, ("Refund",)),))
    assert headline(refunds) == "**Effective cost of Refund in October 2026: 0.00 USD**."
    nowhere = ask(costs, Shape.TOTAL, NOVEMBER, filters=(Filter(SERVICE, (S3,)), Filter(REGION, ("eu-west-1",))))
    assert headline(nowhere) == "**There is no charge** for this selection in November 2026 (to 20 November 2026)."
    assert not nowhere.found


def test_days_of_monthly_charges_are_refused(load):
    month = {"ChargePeriodStart": "2026-10-01T00:00:00Z", "ChargePeriodEnd": "2026-11-01T00:00:00Z"}
    costs = load([month | {"EffectiveCost": "300"}])
    assert "300.00 USD" in headline(ask(costs, Shape.TOTAL, OCTOBER))
    for parts in ({"every": Unit.DAY}, {"every": Unit.WEEK}):
        with pytest.raises(UnanswerableError, match="are not by day"):
            ask(costs, Shape.TOTAL, OCTOBER, **parts)
    with pytest.raises(UnanswerableError, match="are not by day"):
        ask(costs, Shape.TOTAL, Period(OCTOBER.first, date(2026, 10, 8)))


def test_anomalies_are_days_that_stand_out_and_no_monthly_fees(load):
    rows = [charge(day, 100 + day.day % 3, ServiceName=EC2) for day in Period(AUGUST.first, OCTOBER.end)]
    rows += [charge(month.first, 500, ServiceName="Support") for month in (AUGUST, SEPTEMBER, OCTOBER)]
    rows += [charge(date(2026, 10, day), 400, ServiceName=EC2) for day in (14, 15)]
    given = ask(load(rows), Shape.ANOMALIES, OCTOBER)
    (figure,) = given.figures
    assert [(row["by0"], row["first"], row["days"]) for row in figure.rows] == [(EC2, date(2026, 10, 14), 2)]
    assert "1 anomaly in October 2026; the largest: Amazon Elastic Compute Cloud, 14 to 15 October 2026" in headline(
        given
    )
    assert figure.rows[0]["change"] == figure.rows[0]["amount"] - figure.rows[0]["usual"]
    quiet = ask(load(rows[:-2]), Shape.ANOMALIES, OCTOBER)
    assert headline(quiet) == "**No day stands out in October 2026** (USD)."


def test_figures_show_the_numbers_of_the_markdown_and_stay_within_their_size(costs):
    given = ask(costs, Shape.TOTAL, AUTUMN, every=Unit.DAY, by=(SERVICE, Dimension.RESOURCE))
    data = as_data([*given.figures] * 5)
    assert len(json.dumps(data).encode()) <= 32 * 1024
    assert len(data) <= 4
    for figure in data:
        total = next(column["key"] for column in figure["columns"] if column["label"] == "Total")
        assert abs(sum(Decimal(row[total]) for row in figure["rows"]) - Decimal(figure["total"][total])) < 1
        for row in figure["rows"][:3]:
            assert f"{Decimal(row[total]):,f}" in given.markdown


def test_a_figure_is_in_the_form_of_the_contract(costs):
    (figure,) = as_data(ask(costs, Shape.TOTAL, AUTUMN, every=Unit.MONTH).figures)
    assert figure == {
        "title": "Effective cost from August to November 2026",
        "columns": [
            {"key": "period", "label": "Month", "type": "month"},
            {"key": "amount", "label": "Effective cost", "type": "money", "currency": "USD"},
        ],
        "rows": [
            {"period": f"{month.first:%Y-%m}", "amount": shown(added(ROWS, month)).replace(",", "")}
            for month in (AUGUST, SEPTEMBER, OCTOBER, NOVEMBER)
        ],
        "total": {"period": "Total", "amount": shown(added(ROWS, AUTUMN)).replace(",", "")},
        "chart": {"kind": "line", "x": "period", "y": "amount", "partial": "2026-11"},
    }


@pytest.mark.parametrize(
    ("shape", "periods", "parts"),
    [
        (Shape.TOTAL, [OCTOBER], {}),
        (Shape.TOTAL, [AUTUMN], {"every": Unit.WEEK}),
        (Shape.TOTAL, [AUTUMN], {"every": Unit.DAY, "by": (REGION,)}),
        (Shape.TOTAL, [AUTUMN], {"every": Unit.MONTH, "by": (Tag("team"), Dimension.RESOURCE)}),
        (Shape.TOTAL, [AUTUMN], {"every": Unit.MONTH, "limit": 2}),
        (Shape.TOTAL, [AUGUST, AUTUMN], {"metric": Metric.QUANTITY}),
        (Shape.AVERAGE, [AUTUMN, AUGUST], {"every": Unit.DAY, "by": (ACCOUNT,)}),
        (Shape.SHARE, [AUTUMN], {"every": Unit.MONTH, "filters": (Filter(SERVICE, (EC2,)),)}),
        (Shape.SHARE, [AUTUMN], {"by": (REGION, ACCOUNT)}),
        (Shape.COMPARISON, [AUGUST, SEPTEMBER, OCTOBER], {}),
        (Shape.COMPARISON, [AUGUST, NOVEMBER], {"by": (SERVICE,)}),
        (Shape.GROWTH, [AUTUMN], {"every": Unit.WEEK}),
        (Shape.GROWTH, [AUTUMN], {"every": Unit.MONTH, "by": (REGION,)}),
        (Shape.MOVERS, [SEPTEMBER, OCTOBER], {}),
        (Shape.ANOMALIES, [AUTUMN], {"by": (Dimension.RESOURCE,)}),
    ],
)
def test_every_figure_is_one_that_clients_are_given_and_the_answer_begins_with_what_was_understood(
    costs, shape, periods, parts
):
    given = ask(costs, shape, *periods, **parts)
    data = as_data(given.figures)
    assert json.loads(figures_json(data)) == data != []
    assert given.markdown.startswith("I understood: ")
    assert "How this was calculated:" in given.markdown


def test_a_figure_that_is_cut_sums_what_it_leaves_out():
    rows = tuple({"name": f"{number}", "cost": Decimal(number)} for number in range(10))
    figure = Figure("Costs", (Column("name", "Name"), Column("cost", "Cost", "money", "USD")), rows).cut(4)
    assert figure.rows[-1] == {"name": "7 more", "cost": Decimal(sum(range(3, 10)))}


# What charges and queries may be; few values, so that they meet.
AMOUNTS = st.decimals(-(10**6), 10**6, places=9)
CHARGES = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.dates(date(2026, 9, 1), date(2026, 10, 31)),
            "EffectiveCost": AMOUNTS.map(str),
            "ServiceName": st.sampled_from([EC2, S3, "Other"]),
            "RegionId": st.sampled_from(["us-east-1", "eu-west-1", ""]),
            "SubAccountId": st.sampled_from(["1", "2", "3"]),
            "Tags": st.sampled_from(['{"team": "a"}', '{"team": "b"}', ""]),
            "BillingCurrency": st.sampled_from(["USD", "JPY"]),
        }
    ),
    min_size=1,
    max_size=40,
)
FIELDS = st.sampled_from([SERVICE, REGION, ACCOUNT, Tag("team")])
VALUES = {SERVICE: [EC2, S3, "Other"], REGION: ["us-east-1", ""], ACCOUNT: ["1", "2"], Tag("team"): ["a", ""]}
FILTERS = FIELDS.flatmap(
    lambda field: st.builds(
        lambda values, excluded: Filter(field, tuple(sorted(values)), excluded=excluded),
        st.sets(st.sampled_from(VALUES[field]), min_size=1),
        st.booleans(),
    )
)
FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def generated(tmp_path, charges):
    """Loads the charges, with one of nothing at each end of the two months, so that both are whole."""
    ends = [charge(day, 0, BillingCurrency=one["BillingCurrency"]) for one in charges[:1] for day in ENDS]
    return load_costs([written(tmp_path, [charge(one["day"], **rest(one)) for one in charges] + ends)])


ENDS = (date(2026, 9, 1), date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31))


def rest(one):
    parts = {name: value for name, value in one.items() if name not in ("day", "EffectiveCost")}
    return {"cost": one["EffectiveCost"], **parts}


def amounts_of(given, key):
    """The totals by currency."""
    return {next(column.currency for column in figure.columns if column.key == key): figure for figure in given.figures}


def totals(costs, *periods, **parts):
    """The total of each currency in which there is one."""
    given = ask(costs, Shape.TOTAL, *periods, **parts)
    return {name: sum(row["amount"] for row in figure.rows) for name, figure in amounts_of(given, "amount").items()}


@FEW
@given(charges=CHARGES, filters=st.lists(FILTERS, max_size=2), by=st.lists(FIELDS, min_size=1, max_size=2, unique=True))
def test_a_breakdown_adds_up_to_the_total_with_a_limit_or_without(tmp_path, charges, filters, by):
    costs = generated(tmp_path, charges)
    parts = {"filters": tuple(filters)}
    whole = totals(costs, OCTOBER, **parts)
    for limit in (None, 1, 2):
        given = ask(costs, Shape.TOTAL, OCTOBER, by=tuple(by), limit=limit, **parts)
        figures = amounts_of(given, "b0")
        assert {name: sum(row["b0"] for row in figure.rows) for name, figure in figures.items()} == whole
        assert {name: figure.total["b0"] for name, figure in figures.items()} == whole


COLUMNS = {SERVICE: "ServiceName", REGION: "RegionId", ACCOUNT: "SubAccountId", Tag("team"): "Tags"}


def is_selected(row, one):
    value = row[COLUMNS[one.field]]
    if isinstance(one.field, Tag):
        value = json.loads(value)["team"] if value else ""
    return (value in one.values) != one.excluded


@FEW
@given(charges=CHARGES, filters=st.lists(FILTERS, max_size=3))
def test_a_total_is_the_sum_of_the_rows_that_every_filter_selects(tmp_path, charges, filters):
    found = totals(generated(tmp_path, charges), OCTOBER, filters=tuple(filters))
    wanted = defaultdict(Decimal)
    for row in charges:
        if row["day"] in list(OCTOBER) and all(is_selected(row, one) for one in filters):
            wanted[row["BillingCurrency"]] += Decimal(row["EffectiveCost"])
    assert {name: amount for name, amount in found.items() if amount} == {
        name: amount for name, amount in wanted.items() if amount
    }


@FEW
@given(charges=CHARGES, one=FILTERS)
def test_what_is_included_and_what_is_excluded_are_the_whole(tmp_path, charges, one):
    costs = generated(tmp_path, charges)
    whole = totals(costs, OCTOBER)
    parts = [
        totals(costs, OCTOBER, filters=(Filter(one.field, one.values, excluded=excluded),))
        for excluded in (True, False)
    ]
    assert whole == {name: sum(part.get(name, Decimal(0)) for part in parts) for name in whole}


@FEW
@given(charges=CHARGES, by=FIELDS, limit=st.sampled_from([None, 1]))
def test_shares_of_a_breakdown_are_100_per_cent(tmp_path, charges, by, limit):
    costs = generated(tmp_path, charges)
    for figure in ask(costs, Shape.SHARE, OCTOBER, by=(by,), limit=limit).figures:
        assert abs(sum(row["share"] for row in figure.rows) - 100) < Decimal("1e-20")


@FEW
@given(charges=CHARGES, by=FIELDS, direction=st.sampled_from([None, Direction.ROSE, Direction.FELL]))
def test_movers_add_up_to_the_difference_of_two_totals(tmp_path, charges, by, direction):
    costs = generated(tmp_path, charges)
    before, after = totals(costs, SEPTEMBER), totals(costs, OCTOBER)
    given = ask(costs, Shape.MOVERS, SEPTEMBER, OCTOBER, by=(by,), direction=direction, limit=1)
    for figure in given.figures:
        if figure.title.startswith("What changed"):
            name = figure.columns[1].currency
            difference = after.get(name, Decimal(0)) - before.get(name, Decimal(0))
            assert sum(row["change"] for row in figure.rows) == difference
