"""The advisor's findings: a typed query in, an answer out; amounts are summed here by plain Python, from the rows."""

import csv
import gzip
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from background_processor.figures import figures_json
from sample_agents.advisor.checks import Sure
from sample_agents.advisor.findings import find, possible_savings
from sample_agents.advisor.handler import answer as answer_question
from sample_agents.advisor.report import answer
from sample_agents.answering.figures import as_data
from sample_agents.errors import UnanswerableError
from sample_agents.query import Dimension, Filter, Finding, Metric, Period, Query, Shape, Tag, Unit
from unit.sample_agents.conftest import SHIPPED_DATA

TODAY = date(2026, 11, 30)
EC2 = {"ServiceName": "Amazon Elastic Compute Cloud", "ChargeDescription": "$0.1 per On Demand Linux m5.large Hour"}
COMMITTED = EC2 | {"PricingCategory": "Committed", "CommitmentDiscountStatus": "Used", "CommitmentDiscountId": "plan"}
UNUSED = COMMITTED | {"CommitmentDiscountStatus": "Unused"}
IDLE = {"ChargeDescription": "$0.005 per Idle public IPv4 address per hour"}
GP2 = EC2 | {"ChargeDescription": "General Purpose SSD (gp2) storage", "ConsumedUnit": "GB-Months"}
UNTAGGED = {"Tags": ""}
AT_LIST = {"ListCost": "100", "ContractedCost": "100"}
NEGOTIATED = {"ListCost": "100", "ContractedCost": "80"}
ON_DEMAND = "On-demand usage that a commitment would cover"
OLD = Finding.PREVIOUS_GENERATION


def ask(costs, finding=None, **how):
    return answer(Query(Shape.SAVINGS, finding=finding, **how), costs, TODAY)


def month_of(year, month):
    first = date(year, month, 1)
    return Period(first, (first + timedelta(days=31)).replace(day=1))


def found_in(costs, finding=None, period=None, filters=()):
    """Each finding of a month, the newest complete one unless told."""
    coverage = costs.coverage(TODAY)
    newest = coverage.newest_complete
    period = period or month_of(newest.year, newest.month)
    return find(costs, Query(Shape.SAVINGS, periods=(period,), finding=finding, filters=filters), coverage).found


def day(number, cost, month=5, **columns):
    start = date(2026, month, number)
    return {
        "ChargePeriodStart": f"{start}T00:00:00Z",
        "ChargePeriodEnd": f"{start + timedelta(days=1)}T00:00:00Z",
        "EffectiveCost": str(cost),
        "ListCost": str(cost),
        "ContractedCost": str(cost),
    } | columns


def months(*costs, **columns):
    """A charge for each of the months from May 2026."""
    return [
        {
            "ChargePeriodStart": f"2026-{number:02}-01",
            "ChargePeriodEnd": f"2026-{number + 1:02}-01",
            "EffectiveCost": cost,
            "ListCost": cost,
            "ContractedCost": cost,
        }
        | columns
        for number, cost in enumerate(costs, start=5)
    ]


@pytest.fixture(scope="module")
def shipped_rows():
    with gzip.open(SHIPPED_DATA, "rt", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


# Each kind, seen to appear.


@pytest.mark.parametrize(
    ("rows", "finding", "title", "cost", "saving", "sure"),
    [
        (months("0", "0", "4", **IDLE), Finding.IDLE, "Idle resources", "4", "4", Sure.CERTAIN),
        *(
            ([{"ChargeDescription": words}], Finding.IDLE, "Idle resources", "1", "1", Sure.CERTAIN)
            for words in (
                "$0.005 per Elastic IP address not attached to a running instance per hour",
                "$0.192 per Unused Reservation Linux m5.xlarge Instance Hour",
                "Unattached disk",
                "USE1-ElasticIP:IdleAddress",
            )
        ),
        (
            [{"ChargeDescription": "Static Ip Charge in Virginia", "ProviderName": "Google Cloud"}],
            Finding.IDLE,
            "Static addresses without use",
            "1",
            "1",
            Sure.LIKELY,
        ),
        (months("0", "0", "50", **GP2), OLD, "Volumes of the previous generation (gp2)", "50", "10.00", Sure.LIKELY),
        (
            months("5", ServiceName="Amazon Relational Database Service", ChargeDescription="gp2 for MySQL"),
            OLD,
            "Storage of a previous generation",
            "5",
            None,
            Sure.LIKELY,
        ),
        *(
            (months("7", ChargeDescription=words), OLD, "Machines of a previous generation", "7", None, Sure.LIKELY)
            for words in (
                "$2.00 per On Demand Linux m4.10xlarge Instance Hour",
                "$0.0116 per On Demand Linux t2.micro Instance Hour",
                "$0.175 per db.m3.medium Single-AZ instance hour",
                "$0.1 per c4.large.search instance hour",
                "Virtual Machines Dv2/DSv2 Series - D11 v2/DS11 v2 - US East 2",
                "Virtual Machines Basic A Series - A1",
                "N1 Predefined Instance Core running in Americas",
                "Standard - E2 - OCPU",
            )
        ),
        (months("5", "7.5", **UNUSED), Finding.UNUSED_COMMITMENT, "Unused commitments", "7.5", "7.5", Sure.CERTAIN),
        # The lowest day of three months counts, at an assumed discount unless committed usage shows one.
        (months("310", "270", "310", **EC2), Finding.ON_DEMAND, ON_DEMAND, "310", "55.8", Sure.LIKELY),
        (
            months("310", "300", "310", **EC2) + months("60", **COMMITTED | AT_LIST),
            Finding.ON_DEMAND,
            ON_DEMAND,
            "310",
            "124",
            Sure.LIKELY,
        ),
        # What is negotiated is no merit of the commitment.
        (
            months("310", "300", "310", **EC2) + months("60", **COMMITTED | NEGOTIATED),
            Finding.ON_DEMAND,
            ON_DEMAND,
            "310",
            "77.5",
            Sure.LIKELY,
        ),
        (months("100", "110", "126"), Finding.GROWTH, "Fast growth", "26", None, Sure.LOOK),
        (
            months("60", "70", "80", ResourceId="a") + months("40", "60", "90", ResourceId="b"),
            Finding.GROWTH,
            "Fast growth",
            "70",
            None,
            Sure.LOOK,
        ),
        (
            months("1", **UNTAGGED) + months("3"),
            Finding.UNTAGGED,
            "Untagged spend",
            "1",
            None,
            Sure.CERTAIN,
        ),
        (
            months("9", ChargeDescription="$0.05 per GB-Month of snapshot data stored - US West (Oregon)"),
            Finding.SNAPSHOTS,
            "Snapshots",
            "9",
            None,
            Sure.LOOK,
        ),
        *(
            (
                months("9", ChargeDescription=words),
                Finding.DATA_TRANSFER,
                "Traffic between zones and through NAT gateways",
                "9",
                None,
                Sure.LOOK,
            )
            for words in (
                "$0.010 per GB - regional data transfer - in/out/between EC2 AZs or using elastic IPs or ELB",
                "$0.045 per GB Data Processed by NAT Gateways",
                "Network Inter Zone Data Transfer Out",
            )
        ),
    ],
)  # fmt: skip
def test_a_finding_has_its_cost_its_saving_and_how_sure_it_is(load, rows, finding, title, cost, saving, sure):
    costs = load(rows)
    (one,) = found_in(costs, finding)
    assert (one.check.kind, one.check.title, one.cost, one.saving, one.check.sure) == (
        finding,
        title,
        Decimal(cost),
        None if saving is None else Decimal(saving),
        sure,
    )
    assert title in [one.check.title for one in found_in(costs)]  # among all kinds, too


# Each kind, seen to be absent.


@pytest.mark.parametrize(
    ("finding", "rows"),
    [
        *((Finding.IDLE, [{"ChargeDescription": words}]) for words in ("$0.005 per In-use public IPv4", "Idler")),
        (Finding.IDLE, months("9", **UNUSED) + months("0", **IDLE)),
        (Finding.IDLE, months("9", **IDLE, ChargeCategory="Credit")),
        *(
            (OLD, months("7", ChargeDescription=words))
            for words in (
                "$0.08 per GB-month of General Purpose (gp3) storage",
                "$0.192 per On Demand Linux m5.xlarge Instance Hour",
                "$0.1 per r6g.large",
                "Unattached General Purpose (gp2) volume",
                "Virtual Machines Dv5 Series - D2 v5",
                "Virtual Machines Eav4/Easv4 Series",
                "N2 Instance Core running in Americas",
                "Standard - E5 - OCPU",
            )
        ),
        (Finding.UNUSED_COMMITMENT, months("9", "9", "9", **COMMITTED)),
        # Gone in the newest month; new in it; too few months.
        (Finding.ON_DEMAND, months("100", "100", "0", **EC2)),
        (Finding.ON_DEMAND, months("0", "0", "100", **EC2)),
        (Finding.ON_DEMAND, months("100", "100", **EC2)),
        # Not hours that a commitment covers.
        *(
            (Finding.ON_DEMAND, months("1", "1", "1", **EC2 | columns))
            for columns in (
                {"ConsumedUnit": "GB-Months"},
                {"PricingCategory": "Dynamic"},
                {"PricingCategory": "Committed", "CommitmentDiscountStatus": "Used"},
                {"CommitmentDiscountId": "plan"},
                {"ChargeDescription": "$0.045 per NAT Gateway Hour"},
                {"ChargeDescription": "CPU Credits", "ConsumedUnit": "vCPU-Hours"},
                {"ChargeDescription": "$0.12 per Linux m5.large Spot Instance Hour"},
                {"ChargeCategory": "Credit"},
                {"ServiceName": "Elastic Load Balancing"},
                {"ChargeDescription": "$0.1 per Unused Reservation Linux m5.large Instance Hour"},
            )
        ),
        # The data begin on 5 May.
        (
            Finding.ON_DEMAND,
            [
                day(number, 100, month, **EC2)
                for month, days in ((5, range(5, 32)), (6, range(1, 31)), (7, range(1, 32)))
                for number in days
            ],
        ),
        # Too slow, too late, from nothing; longer months are no growth.
        (Finding.GROWTH, months("100", "105", "200")),
        (Finding.GROWTH, months("100", "120", "130")),
        (Finding.GROWTH, months("100", "110", "121")),
        (Finding.GROWTH, months("0", "1", "9")),
        (Finding.GROWTH, months("100", "200")),
        (Finding.GROWTH, months("10000", "10000", "10000") + months("1", "2", "4", ServiceName="AWS Lambda")),
        (Finding.UNTAGGED, months("1")),
        (Finding.UNTAGGED, months("1", **UNTAGGED, ChargeCategory="Tax") + months("1")),
        (Finding.SNAPSHOTS, months("1")),
        (Finding.DATA_TRANSFER, months("1", ChargeDescription="$0.000 per GB - data transfer in per month")),
    ],
)  # fmt: skip
def test_no_finding(load, finding, rows):
    costs = load(rows)
    assert found_in(costs, finding) == ()
    given = ask(costs, finding)
    assert ": nothing that the data show in" in given.markdown
    assert not given.found


def test_what_is_only_worth_a_look_is_not_mentioned_if_it_is_a_trifle(load):
    rows = months("10000") + months("1", ChargeDescription="snapshot data stored")
    assert [one.check.kind for one in found_in(load(rows))] == []
    assert [one.cost for one in found_in(load(rows), Finding.SNAPSHOTS)] == [1]


def test_nothing_to_save_says_what_was_looked_through(load):
    text = ask(load(months("1", "1", "1"))).markdown
    assert "**I found nothing to save in July 2026.** I looked through usage of 1.00 USD." in text


def test_data_without_tags_and_with_few_months_say_what_was_not_looked_for(load):
    text = ask(load([{"Tags": ""}])).markdown
    assert "The data have no tags at all, so nothing in them can be called untagged." in text
    assert "fewer than 3 complete months up to May 2026: I did not look for steady usage and growth." in text


# The baseline of on-demand usage.


def test_a_baseline_is_what_nine_days_of_ten_use(load):
    # 92 days: the 9 cheapest cost 10, the others 100. A commitment to 100 a day at 20 % off would have saved 20 on each
    # dear day of July and cost 80 for nothing, less the 10, on each of its 4 cheap ones.
    cheap = {(5, 1), (5, 2), (5, 3), (6, 1), (6, 2), (7, 1), (7, 2), (7, 3), (7, 4)}
    days = [(m, d) for m, last in ((5, 31), (6, 30), (7, 31)) for d in range(1, last + 1)]
    rows = [day(d, 10 if (m, d) in cheap else 100, m, **EC2) for m, d in days]
    (one,) = found_in(load(rows), Finding.ON_DEMAND)
    assert (one.cost, one.saving) == (27 * 100 + 4 * 10, 27 * 20 - 4 * 70)
    assert "at least 100.00 USD a day" in one.why
    assert "more than 80 % of it is used" in one.action
    # A day without any charge is a day of nothing.
    assert not found_in(load([row for row in rows if row["EffectiveCost"] == "100"][:80]), Finding.ON_DEMAND)


# Amounts are those of the rows.


def sums_of(rows, condition, key, month="2026-10"):
    added = defaultdict(Decimal)
    for row in rows:
        if row["ChargePeriodStart"].startswith(month) and row["ChargeCategory"] == "Usage" and condition(row):
            added[key(row)] += Decimal(row["EffectiveCost"])
    return dict(added)


@pytest.mark.parametrize("month", ["2026-10", "2026-09"])
@pytest.mark.parametrize(
    ("finding", "condition"),
    [
        (Finding.IDLE, lambda row: "Idle" in row["ChargeDescription"]),
        (Finding.UNUSED_COMMITMENT, lambda row: row["CommitmentDiscountStatus"] == "Unused"),
        (Finding.PREVIOUS_GENERATION, lambda row: "gp2" in row["ChargeDescription"]),
        (Finding.UNTAGGED, lambda row: not row["Tags"]),
        (Finding.DATA_TRANSFER, lambda row: "NAT Gateway" in row["ChargeDescription"]),
    ],
)
def test_costs_and_resources_are_those_of_the_shipped_rows(shipped, shipped_rows, finding, condition, month):
    period = month_of(*map(int, month.split("-")))
    found = found_in(shipped, finding, period)
    assert sum(one.cost for one in found) == sum(sums_of(shipped_rows, condition, lambda row: "", month).values())
    if finding is not Finding.UNUSED_COMMITMENT:
        parts = {part.name: part.cost for one in found for part in one.parts}
        assert parts == {
            k: v for k, v in sums_of(shipped_rows, condition, lambda row: row["ResourceId"], month).items() if k
        }
    amounts = [part.cost for one in found[:1] for part in one.parts]
    assert amounts == sorted(amounts, reverse=True)


def test_a_commitment_has_its_used_part_and_its_utilisation(shipped, shipped_rows):
    (one,) = found_in(shipped, Finding.UNUSED_COMMITMENT, month_of(2026, 9))
    (part,) = one.parts
    key = lambda row: row["CommitmentDiscountStatus"]  # noqa: E731
    sums = sums_of(shipped_rows, lambda row: row["CommitmentDiscountId"], key, "2026-09")
    assert (part.used, part.cost) == (sums["Used"], sums["Unused"])
    assert part.utilisation == 100 * sums["Used"] / (sums["Used"] + sums["Unused"])
    # In a part of the commitment, the utilisation stays that of the whole.
    (same,) = found_in(
        shipped, Finding.UNUSED_COMMITMENT, month_of(2026, 9), (Filter(Dimension.SERVICE, one.services),)
    )
    assert same == one


def test_on_demand_cost_is_that_of_the_hours_at_standard_prices(shipped, shipped_rows):
    (ec2,) = [one for one in found_in(shipped, Finding.ON_DEMAND) if "Compute Cloud" in one.services[0]]

    def is_on_demand(row):
        return (
            row["ServiceName"] == ec2.services[0]
            and row["PricingCategory"] == "Standard"
            and row["ConsumedUnit"] == "Hours"
        )

    assert ec2.cost == sum(sums_of(shipped_rows, is_on_demand, lambda row: "").values())
    assert ec2.discount == Decimal("0.28")  # 39.81312 for what costs 55.296 at list price
    assert not ec2.is_assumed
    assert 0 < ec2.saving <= ec2.cost * ec2.discount


# The headline adds up.


def test_the_headline_counts_usage_that_moves_under_an_unused_commitment_once(load):
    rows = months("100", "100", "100", **EC2) + months("10", "10", "10", **UNUSED)
    found = found_in(load(rows))
    savings = {one.check.kind: one.saving for one in found if one.saving}
    # 10 unused at 20 % off would have covered 12.50 of the on-demand usage, which then needs no new commitment.
    assert possible_savings(found) == (sum(savings.values()) - Decimal("2.5"), Decimal("2.5"))
    text = ask(load(rows)).markdown
    said = sum(savings.values()) - Decimal("2.5")
    assert f"**Possible savings: {said:.2f} USD a month**, from 2 findings." in text
    assert "2.50 USD is not counted twice" in text


def test_largest_saving_first_then_largest_cost(shipped):
    found = found_in(shipped)
    assert {one.check.kind for one in found} == set(Finding) - {Finding.SNAPSHOTS}
    keys = [(one.saving or 0, one.cost) for one in found]
    assert keys == sorted(keys, reverse=True)


def test_a_finding_without_a_saving_says_so_and_its_figure_has_none(shipped):
    given = ask(shipped, Finding.UNTAGGED)
    assert "| 5,820.08 | not in the data |" in given.markdown
    findings, resources = as_data(given.figures)
    assert figures_json([findings, resources])  # as the processor lets it pass
    assert (findings["rows"][0]["cost"], findings["rows"][0]["saving"]) == ("5820.08", None)
    assert [row["cost"] for row in resources["rows"]][:2] == ["2628.56", "805.50"]


def test_currencies_stand_apart(load):
    rows = [row | {"BillingCurrency": currency} for currency in ("EUR", "USD") for row in months("2", **IDLE)]
    given = ask(load(rows))
    assert given.markdown.count("**Possible savings: 2.00 ") == 2
    assert [figure.title for figure in given.figures] == ["Findings of May 2026 (EUR)", "Findings of May 2026 (USD)"]


AMOUNTS = st.decimals(min_value=0, max_value=1000, places=2)
KINDS = st.sampled_from([EC2, COMMITTED, UNUSED, IDLE, GP2, UNTAGGED, EC2 | UNTAGGED | {"ResourceId": "a"}])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(st.lists(st.tuples(KINDS, st.integers(5, 7), st.integers(1, 30), AMOUNTS), min_size=1, max_size=40))
def test_no_finding_saves_more_than_it_costs_nor_all_of_them_more_than_there_is(load, charges):
    steady = [day(number, 50, month, **EC2) for month in (5, 6, 7) for number in range(1, 31)]
    costs = load([*steady, day(31, 1, 7), *(day(number, cost, month, **kind) for kind, month, number, cost in charges)])
    result = find(costs, Query(Shape.SAVINGS, periods=(month_of(2026, 7),)), costs.coverage(TODAY))
    assert all(0 <= (one.saving or 0) <= one.cost for one in result.found)
    savings, twice = possible_savings(result.found)
    assert twice >= 0
    assert 0 <= savings <= sum(result.selected.values())


# What the question selects is honoured, or refused.


def test_filters_select(shipped, shipped_rows):
    everything = found_in(shipped, Finding.UNTAGGED)[0].cost
    ec2 = (Filter(Dimension.SERVICE, ("Amazon Elastic Compute Cloud",)),)
    without = (Filter(Dimension.SERVICE, ("Amazon Elastic Compute Cloud",), excluded=True),)
    inside, outside = (
        found_in(shipped, Finding.UNTAGGED, filters=ec2),
        found_in(shipped, Finding.UNTAGGED, filters=without),
    )
    assert inside[0].cost == sum(
        sums_of(
            shipped_rows, lambda row: not row["Tags"] and row["ServiceName"] == ec2[0].values[0], lambda row: ""
        ).values()
    )
    assert inside[0].cost + outside[0].cost == everything
    assert {one.services for one in found_in(shipped, filters=ec2)} == {ec2[0].values}
    region = (Filter(Dimension.REGION, ("eu-central-1",)), Filter(Tag("environment"), ("prod",)))
    assert all(one.check.kind is not Finding.UNTAGGED for one in found_in(shipped, filters=region))


def test_a_kind_that_is_asked_for_is_the_only_one(shipped):
    for finding in Finding:
        given = ask(shipped, finding)
        assert {one.check.kind for one in found_in(shipped, finding)} <= {finding}
        assert given.kind == "savings"


def test_so_many_as_are_asked_for_are_shown_and_all_are_in_the_headline(load):
    rows = [row for name in "abc" for row in months(str("abc".index(name) + 1), **IDLE, ResourceId=name)]
    given = ask(load(rows), Finding.IDLE, limit=1)
    assert "**What the bill calls idle or unattached: 6.00 USD in May 2026.**" in given.markdown
    assert [row["part"] for row in given.figures[1].rows] == ["c", "2 more"]
    rows += months("9", **UNUSED)
    given = ask(load(rows), limit=1)
    assert "**Possible savings: 15.00 USD a month**, from 2 findings." in given.markdown
    assert [row["finding"] for row in given.figures[0].rows] == ["Unused commitments"]


def test_volumes_that_nothing_calls_unused_are_no_finding_and_the_text_says_what_was_looked_through(shipped):
    text = ask(shipped, Finding.IDLE, filters=(Filter(Dimension.PRODUCT, ("EBS",)),)).markdown
    assert "**What the bill calls idle or unattached: nothing that the data show in October 2026.**" in text
    assert "I looked through usage of 1,990.12 USD." in text
    assert "A cost export does not show utilisation" in text


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"periods": (Period(date(2026, 11, 1), date(2026, 12, 1)),)}, "November 2026 is not complete"),
        ({"periods": (Period(date(2026, 7, 1), date(2026, 10, 1)),)}, "one complete month at a time, not in Q3 2026"),
        ({"periods": (Period(date(2026, 10, 5), date(2026, 10, 6)),)}, "one complete month at a time"),
        ({"periods": (month_of(2024, 5),)}, "May 2024 is not in the data"),
        ({"by": (Dimension.REGION,)}, "not by region"),
        ({"by": (Tag("team"),)}, "not by team"),
        ({"every": Unit.MONTH}, "not by month"),
        ({"metric": Metric.BILLED}, "not billed cost"),
    ],
)
def test_what_it_cannot_honour_is_refused(shipped, how, reason):
    with pytest.raises(UnanswerableError, match=reason):
        ask(shipped, **how)


def test_it_needs_a_complete_month_and_effective_cost(load, case):
    with pytest.raises(UnanswerableError, match="I need a complete month"):
        ask(load([day(10, 1, 11)]))
    with pytest.raises(UnanswerableError, match="EffectiveCost"):
        ask(case("oci_blank_effective_cost.csv"))


def test_a_provider_whose_data_end_earlier_is_named(load):
    rows = [day(number, 1, month) for month in (5, 6, 7) for number in range(1, 31)] + [day(31, 1, 7)]
    late = [row | {"ProviderName": "Microsoft"} | IDLE for row in rows if row["ChargePeriodStart"] < "2026-07-11"]
    text = ask(load(rows + late), periods=(month_of(2026, 7),)).markdown
    assert "Microsoft" in text.split("How this was calculated:")[1]
    assert "10 July 2026" in text


def test_the_newest_complete_month_is_that_of_the_provider_that_is_asked_about(load):
    left = [row | {"ProviderName": "Microsoft"} for row in months("4", "4", **IDLE)]
    costs = load(months("1", "1", "1") + left)
    microsoft = (Filter(Dimension.PROVIDER, ("Microsoft",)),)
    assert "4.00 USD in June 2026" in ask(costs, Finding.IDLE, filters=microsoft).markdown
    assert "nothing that the data show in July 2026" in ask(costs, Finding.IDLE).markdown


@pytest.mark.parametrize("name", ["category_as_in_focus.csv", "category_small_letters.csv"])
def test_idle_addresses_are_found_however_the_category_is_written(case, name):
    assert "**Possible savings: 111.60 USD a month**, from 1 finding." in ask(case(name)).markdown


@pytest.mark.parametrize(
    "name", ["azure_savings_plan_purchase_effective.csv", "gcp_projects.csv", "two_currencies.csv"]
)
def test_nothing_is_found_where_nothing_is_wasted(case, name):
    assert "**I found nothing to save in " in ask(case(name)).markdown


def test_names_from_the_data_are_inert(load):
    text = ask(load(months("4", **IDLE, ResourceId="<b>a</b> | b\n# c", ServiceName="x | *y*"))).markdown
    assert "<b>" not in text
    assert r"x \| \*y\*" in text
    assert "x | *y*" not in text


# Whole questions.


@pytest.mark.parametrize(
    ("question", "headline"),
    [
        ("Where can we save?", "**Possible savings: 2,812.19 USD a month**, from 10 findings."),
        ("Which resources are idle?", "**What the bill calls idle or unattached: 81.84 USD in October 2026.**"),
        (
            "unused EBS volumes",
            "**What the bill calls idle or unattached: nothing that the data show in October 2026.**",
        ),
        ("savings from untagged spend in October", "**What has no tag: 5,820.08 USD in October 2026.**"),
        ("Where are we on old generations?", "**What runs on previous generations: 726.33 USD in October 2026.**"),
        (
            "unused commitments in September",
            "**What commitments cost without being used: 298.60 USD in September 2026.**",
        ),
        ("What is our savings plans utilization in September?", "**Commitment utilisation: 80.0 % is used"),
        ("What is our commitment coverage?", "**Commitment coverage: 24.1 % is covered"),
    ],
)
def test_questions(shipped, question, headline):
    assert headline in answer_question(question, shipped, TODAY).markdown


def test_a_question_about_costs_is_refused_in_a_sentence_that_says_what_it_does(shipped):
    with pytest.raises(UnanswerableError, match="where money can be saved"):
        answer_question("What did EC2 cost in May?", shipped, TODAY)


def test_it_says_nothing_of_a_part_that_is_not_its_own(shipped):
    text = answer_question("What did S3 cost in May 2026? Where can we save?", shipped, TODAY).markdown
    assert "Possible savings" in text
    assert "May 2026" not in text
