"""`questions.tsv`: what people ask, and what is right, by SQL of this test's own over the raw files.

A line's verdict says what an answer must be: `answered`, `refused` (the text has one of the words given, if any), or
`either`: right or refused, never something else; `movers` as `answered`, and `forecast:AMOUNT` about that amount. After
a `~`, rows are looked for by their amounts alone: the agents write these labels their own way.
"""

import csv
import functools
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from sample_agents.advisor.handler import answer as advise
from sample_agents.cost_agent.handler import answer
from sample_agents.costs.load import load_costs
from sample_agents.costs.source import SHIPPED_DATA
from sample_agents.errors import UnanswerableError
from sample_agents.understanding.examples import page, topics
from unit.sample_agents.rich_export import write_rich_export

ROOT = Path(__file__).resolve().parents[3]
TODAY = date(2026, 11, 30)
CASES = {
    "upfront": "upfront_purchase_tax_credit.csv",
    "codes": "product_codes_as_services.csv",
    "1_4": "focus_1_4_provider_columns.csv",
    "oci": "oci_focus_report.csv.gz",
    "null": "null_small_letters.csv",
    "gcp": "gcp_projects.csv",
    "monthly": "monthly_granularity_month_to_date.csv",
    "inclusive": "inclusive_end_month.csv",
    "missing": "missing_month.csv",
    "bigquery": "gcp_bigquery_utc.csv",
    "currencies": "two_currencies.csv",
    "category": "category_as_in_focus.csv",
    "small": "category_small_letters.csv",
}
LINES = list(csv.DictReader(Path(__file__).with_name("questions.tsv").open(encoding="utf-8"), delimiter="\t"))
# What the SQL of questions.tsv calls the columns; a file may lack them, or call them otherwise.
COLUMNS = {
    "e": "EffectiveCost", "b": "BilledCost", "l": "ListCost", "k": "ContractedCost", "q": "ConsumedQuantity",
    "unit": "ConsumedUnit", "svc": "ServiceName", "cat": "ServiceCategory", "prov": "ProviderName", "reg": "RegionId",
    "acct": "SubAccountId", "acctname": "SubAccountName", "res": "ResourceId", "charge": "ChargeCategory",
    "pricing": "PricingCategory", "status": "CommitmentDiscountStatus", "descr": "ChargeDescription", "tags": "Tags",
    "cur": "BillingCurrency",
}  # fmt: skip
OTHER_NAMES = {"ProviderName": ("ServiceProviderName", "Provider"), "RegionId": ("Region",)}
AMOUNTS = {"e", "b", "l", "k", "q"}
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")


@pytest.fixture(scope="session")
def files(tmp_path_factory, focus_cases) -> dict[str, Path]:
    """Each data set's file."""
    rich = tmp_path_factory.mktemp("rich") / "rich.csv"
    write_rich_export(rich)
    return {"sample": SHIPPED_DATA, "rich": rich} | {name: focus_cases / file for name, file in CASES.items()}


@pytest.fixture(scope="session")
def loaded(files):
    """Each data set as the agents read it."""
    return functools.cache(lambda name: load_costs([files[name]]))


@pytest.fixture(scope="session")
def right(files):
    """Run a line's SQL over a file that this test has read by itself."""

    @functools.cache
    def database(name):
        connection = duckdb.connect()
        raw = connection.read_csv(str(files[name]), all_varchar=True)
        there = {name.lower(): name for name in raw.columns}

        def expression(short, column):
            names = [other for other in (column, *OTHER_NAMES.get(column, ())) if other.lower() in there]
            cell = f"coalesce(\"{names[0]}\", '')" if names else "''"
            return f"try_cast({cell} AS DECIMAL(38, 12)) AS {short}" if short in AMOUNTS else f"{cell} AS {short}"

        columns = [expression(*pair) for pair in COLUMNS.items() if pair[0] != "tags"]
        tags = "nullif(\"Tags\", '') AS tags" if "tags" in there else "NULL AS tags"
        day = 'left("ChargePeriodStart", 10)::DATE AS d, left("ChargePeriodStart", 7) AS m'
        connection.execute(f"CREATE TABLE c AS SELECT {', '.join(columns)}, {tags}, {day} FROM raw")
        return connection

    return lambda name, sql: database(name).execute(sql).fetchall()


def numbers(text: str) -> list[str]:
    return [found.replace(",", "") for found in NUMBER.findall(text)]


def shows(text: str, value: object) -> bool:
    """Whether the text has the value, as exactly as it says it."""
    exact = abs(Decimal(str(value)))
    return any(
        abs(abs(Decimal(shown)) - exact) <= Decimal(1).scaleb(-len(shown.partition(".")[2])) / 2 + Decimal("1e-9")
        for shown in numbers(text)
        if "." in shown or exact == exact.to_integral_value()
    )


def headlines(markdown: str) -> list[str]:
    return [line for line in markdown.splitlines() if line.startswith("**")]


@pytest.mark.parametrize("line", LINES, ids=[f"{line['data']}: {line['question']}" for line in LINES])
def test_a_question_is_answered_rightly_or_refused(line, loaded, right):
    data, _, fiscal = line["data"].partition("@")
    verdict, wanted = line["verdict"], line["right"]
    try:
        agent = advise if line["topic"] == "advisor" else answer
        found = agent(line["question"], loaded(data), TODAY, int(fiscal) if fiscal else None)
    except UnanswerableError as refusal:
        assert verdict in ("refused", "either"), f"refused: {refusal}"
        words = [word for word in wanted.split("|") if word and verdict == "refused"]
        assert not words or any(word.lower() in str(refusal).lower() for word in words), str(refusal)
        assert "**" not in str(refusal), str(refusal)
        return
    text = found.markdown
    assert verdict != "refused", text
    headline = headlines(text)
    assert headline, text
    if verdict.startswith("forecast:"):
        about = Decimal(verdict.removeprefix("forecast:"))
        shown = [Decimal(number) for number in numbers(headline[0])]
        assert any(abs(number - about) < about / 10 for number in shown), text
        if wanted:
            assert shows(text, right(data, wanted)[0][0]), text
        return
    if not wanted:
        return
    rows = right(data, wanted.lstrip("~"))
    if (rows and len(rows[0]) == 1) or verdict == "movers":
        for row in rows:
            assert all(shows(headline[0], value) for value in row), text
        return
    tables = [row for row in text.splitlines() if row.startswith("|")]
    for label, *values in rows:
        named = [row for row in [*tables, *headline] if wanted.startswith("~") or str(label) in row]
        assert any(all(shows(row, value) for value in values) for row in named), f"{label} {values}: {text}"


def test_each_example_has_a_line_and_the_page_is_made_of_them():
    examples = [question for topic in topics() for question in topic.questions]
    assert set(examples) <= {
        line["question"] for line in LINES if line["data"] == "sample" and line["verdict"] != "refused"
    }
    assert (ROOT / "docs/what_may_be_asked.md").read_text(encoding="utf-8") == page(), "Write it anew: examples.page()"
