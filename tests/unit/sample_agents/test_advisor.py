"""The advisor's findings: question in, answer out."""

from decimal import Decimal

import pytest

from sample_agents.advisor.handler import answer
from sample_agents.errors import UnanswerableError

EC2 = {"ServiceName": "Amazon Elastic Compute Cloud"}  # used by the hour, as the fixture's usual rows are
COMMITTED = EC2 | {"ListCost": "100", "CommitmentDiscountStatus": "Used"}
UNUSED = {"CommitmentDiscountStatus": "Unused"}
IDLE = {"ChargeDescription": "$0.005 per Idle public IPv4 address per hour"}
GP2 = {"ChargeDescription": "General Purpose SSD (gp2) storage"}
UNTAGGED = {"Tags": ""}
UNKNOWN = "not in the data"
ON_DEMAND = "Steady usage at on-demand prices"


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


def findings(costs):
    """Each finding's cells: title, services, action, cost, saving."""
    lines = answer("Where can I save?", costs).markdown.splitlines()
    return [line.strip("| ").split(" | ")[1:] for line in lines if line.startswith("| ") and line[2].isdigit()]


@pytest.mark.parametrize(
    "question", ["Where can I save money on EC2?", "What was my EC2 spend in May?", "forecast EC2"]
)
def test_every_question_gets_the_savings_of_what_it_names(shipped, question):
    given = answer(question, shipped)
    assert given.markdown.startswith("I understood: savings in Amazon EC2.")
    assert "Amazon RDS" not in given.markdown
    assert "- Findings are about October 2026" in given.markdown
    assert "Assumptions:" in given.markdown
    assert (given.kind, given.found) == ("savings", True)


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        # The lowest of three months counts, at an assumed discount unless committed usage shows one.
        (months("100", "90", "95", **EC2), [ON_DEMAND, "Amazon EC2", "20 % off, assumed", "90.00", "18.00"]),
        (
            months("100", "100", "100", **EC2) + months("60", "60", "60", **COMMITTED),
            [ON_DEMAND, "Amazon EC2", "40 % off, the rate your committed usage gets", "100.00", "40.00"],
        ),
        (months("5", "5", "7.5", **UNUSED), ["Unused commitment", "Amazon S3", "do not renew", "7.50", "7.50"]),
        (months("0", "0", "4", **IDLE), ["Idle resources", "Amazon S3", "Release the resources", "4.00", "4.00"]),
        (months("0", "0", "50", **GP2), ["Previous generation volumes (gp2)", "Amazon S3", "to gp3", "50.00", "10.00"]),
        (months("100", "110", "121"), ["Fast growth", "Amazon S3", "21 % more", "21.00", UNKNOWN]),
        (
            [UNTAGGED | {"ServiceName": name, "EffectiveCost": cost} for name, cost in ("A1", "B4", "C3", "D2")],
            ["Untagged usage", "B, C, D", "Tag the resources", "10.00", UNKNOWN],
        ),
        ([UNTAGGED | {"ServiceName": "a | b\nc"}], ["Untagged usage", r"a \| b c", "Tag", "1.00", UNKNOWN]),
        # Words for hours and for idle.
        (months("1", "1", "1", **EC2, ConsumedUnit="Hrs"), [ON_DEMAND, "Amazon EC2", "20 % off", "1.00", "0.20"]),
        *(
            ([{"ChargeDescription": words}], ["Idle resources", "Amazon S3", "Release the resources", "1.00", "1.00"])
            for words in ("Elastic IP address not attached to an instance", "Unattached disk")
        ),
    ],
)
def test_findings(make_costs, rows, finding):
    ((title, where, action, concerned, saving),) = findings(make_costs(rows))
    assert [title, where, concerned, saving] == [finding[0], finding[1], *finding[3:]]
    assert finding[2] in action


@pytest.mark.parametrize(
    ("costs", "columns"),
    [
        # Unsteady; too few months; growth that is too slow, too late or from nothing.
        (("100", "79", "100"), EC2),
        (("100", "100", "0"), EC2),
        (("100", "0", "100"), EC2),
        (("100", "200"), EC2),
        (("100", "109", "200"), {}),
        (("100", "120", "130"), {}),
        (("0", "1", "9"), {}),
        # Steady, but not hours that a commitment covers.
        (("1", "1", "1"), EC2 | {"ConsumedUnit": "GB-Months"}),
        (("1", "1", "1"), EC2 | {"PricingCategory": "Dynamic"}),
        (("1", "1", "1"), EC2 | {"ChargeDescription": "$0.045 per NAT Gateway Hour"}),
        (("1", "1", "1"), EC2 | {"ChargeCategory": "Credit"}),
        (("1", "1", "1"), {"ServiceName": "Elastic Load Balancing"}),
        (("1", "1", "1"), EC2 | {"ChargeDescription": "General Purpose (gp3) storage", "ConsumedUnit": "GB"}),
        (("1", "1", "1"), EC2 | {"CommitmentDiscountStatus": "Used"}),
    ],
)
def test_no_finding(make_costs, costs, columns):
    given = answer("Where can I save?", make_costs(months(*costs, **columns)))
    assert "**I found nothing to save** in all services in " in given.markdown
    assert not given.found
    assert ("- The data have fewer than 3 complete months" in given.markdown) == (len(costs) < 3)


def test_growth_of_a_trifle_is_no_finding(make_costs):
    rows = months("10000", "10000", "10000") + months("1", "2", "4", ServiceName="AWS Lambda")
    assert findings(make_costs(rows)) == []


def test_amounts_are_those_of_the_raw_file(shipped, shipped_rows):
    def total(condition):
        rows = [row for row in shipped_rows if row["ChargePeriodStart"].startswith("2026-10") and condition(row)]
        return f"{sum(Decimal(row['EffectiveCost']) for row in rows):,.2f}"

    amounts = {title: (concerned, saving) for title, _, _, concerned, saving in findings(shipped)}
    assert len(amounts) == 6  # the data show each kind of finding
    assert amounts["Unused commitment"] == (total(lambda row: row["CommitmentDiscountStatus"] == "Unused"),) * 2
    assert amounts["Idle resources"] == (total(lambda row: "Idle" in row["ChargeDescription"]),) * 2
    untagged = total(lambda row: not row["Tags"] and row["ChargeCategory"] == "Usage")
    assert amounts["Untagged usage"] == (untagged, UNKNOWN)


def test_largest_saving_first_then_largest_cost_and_their_sum(shipped):
    def number(cell):
        return Decimal(cell.replace(",", "").replace(UNKNOWN, "0"))

    keys = [(number(saving), number(concerned)) for *_, concerned, saving in findings(shipped)]
    assert keys == sorted(keys, reverse=True)
    headline = answer("savings", shipped).markdown.split("\n\n")[1]
    said = Decimal(headline.split()[2].replace(",", ""))
    assert abs(said - sum(saving for saving, _ in keys)) < Decimal("0.05")  # of rounded amounts
    assert headline.endswith(f"from {len(keys)} findings.")


def test_currencies_stand_apart(make_costs):
    costs = make_costs([UNTAGGED | {"BillingCurrency": currency} for currency in ("EUR", "USD")])
    markdown = answer("savings", costs).markdown
    for currency in ("EUR", "USD"):
        assert f"can put a number on**, but 1 finding to look at ({currency})." in markdown
        assert f"Cost in May 2026 ({currency})" in markdown


def test_what_it_cannot_answer(shipped, make_costs):
    with pytest.raises(UnanswerableError, match="Questions that work:"):
        answer("What is the weather?", shipped)
    with pytest.raises(UnanswerableError, match="I need a complete month"):
        answer("savings", make_costs([{"ChargePeriodStart": "2026-05-10"}]))
