"""Exports to ask about: the shipped one, a real one if it is there, and small ones written by the test."""

import csv
import gzip
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from sample_agents.agent import Answer
from sample_agents.cost_agent.handler import answer
from sample_agents.cost_source import SHIPPED_DATA
from sample_agents.costs import Costs
from sample_agents.focus_export import read_costs

WriteExport = Callable[[Sequence[Mapping[str, str]]], bytes]
MakeCosts = Callable[[Sequence[Mapping[str, str]]], Costs]

USUAL_ROW = {
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "ChargeDescription": "usage",
    "ChargePeriodStart": "2026-05-01T00:00:00Z",
    "ChargePeriodEnd": "2026-06-01T00:00:00Z",
    "CommitmentDiscountStatus": "",
    "ConsumedUnit": "Hours",
    "EffectiveCost": "1",
    "ListCost": "1",
    "PricingCategory": "Standard",
    "ProviderName": "AWS",
    "RegionId": "us-east-1",
    "RegionName": "US East (N. Virginia)",
    "ServiceName": "Amazon Simple Storage Service",
    "SubAccountId": "111122223333",
    "SubAccountName": "production",
    "Tags": '{"team": "a"}',
}


@pytest.fixture
def export() -> WriteExport:
    """Writes rows as an export; what a row leaves out is usual."""

    def write(rows):
        text = io.StringIO()
        writer = csv.DictWriter(text, list(USUAL_ROW))
        writer.writeheader()
        writer.writerows(USUAL_ROW | dict(row) for row in rows)
        return text.getvalue().encode()

    return write


@pytest.fixture
def make_costs(export) -> MakeCosts:
    """Adds up such rows."""
    return lambda rows: read_costs(io.BytesIO(export(rows)))


@pytest.fixture
def ask(shipped) -> Callable[..., Answer]:
    """Asks the cost agent about some costs; about the shipped ones if none are given."""
    return lambda question, costs=shipped: answer(question, costs)


@pytest.fixture(scope="session")
def shipped() -> Costs:
    return read_costs(io.BytesIO(SHIPPED_DATA.read_bytes()))


@pytest.fixture(scope="session")
def shipped_rows() -> list[dict[str, str]]:
    """The shipped export as the csv module reads it: what answers are checked against."""
    return list(csv.DictReader(io.StringIO(gzip.decompress(SHIPPED_DATA.read_bytes()).decode())))


@pytest.fixture(scope="session")
def focus_sample() -> bytes:
    path = Path(__file__).resolve().parents[4] / "shared/data/focus_sample.csv"
    if not path.exists():
        pytest.skip("the FOCUS sample data are not beside the repository (../shared/data/focus_sample.csv)")
    return path.read_bytes()
