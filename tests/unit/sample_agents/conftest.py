"""Costs to ask about: the shipped ones, the cases of real exports if they are there, and small ones by the test."""

import csv
import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib import resources
from pathlib import Path

import pytest

from sample_agents.costs.charges import Costs
from sample_agents.costs.load import load_costs

SHARED_DATA = Path(__file__).resolve().parents[4] / "shared/data"
SHIPPED_DATA = Path(str(resources.files("sample_agents"))) / "data" / "sample_costs.csv.gz"

USUAL_ROW = {
    "BilledCost": "1",
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "ChargeDescription": "usage",
    "ChargePeriodStart": "2026-05-01T00:00:00Z",
    "ChargePeriodEnd": "2026-06-01T00:00:00Z",
    "CommitmentDiscountId": "",
    "CommitmentDiscountStatus": "",
    "CommitmentDiscountType": "",
    "ConsumedQuantity": "1",
    "ConsumedUnit": "Hours",
    "ContractedCost": "1",
    "EffectiveCost": "1",
    "ListCost": "1",
    "PricingCategory": "Standard",
    "ProviderName": "AWS",
    "RegionId": "us-east-1",
    "RegionName": "US East (N. Virginia)",
    "ResourceId": "",
    "ResourceName": "",
    "ServiceCategory": "Storage",
    "ServiceName": "Amazon Simple Storage Service",
    "SubAccountId": "111122223333",
    "SubAccountName": "production",
    "Tags": '{"team": "a"}',
}


@pytest.fixture(scope="session")
def today() -> date:
    return date(2026, 11, 30)


@pytest.fixture
def write_export(tmp_path) -> Callable[[Sequence[Mapping[str, str]]], Path]:
    """Writes rows as a CSV export; what a row leaves out is usual, and columns of its own are added."""

    def write(rows, name="costs.csv"):
        columns = dict.fromkeys([*USUAL_ROW, *(column for row in rows for column in row)])
        path = tmp_path / name
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(columns))
            writer.writeheader()
            writer.writerows(USUAL_ROW | dict(row) for row in rows)
        return path

    return write


@pytest.fixture
def load(write_export) -> Callable[[Sequence[Mapping[str, str]]], Costs]:
    """Loads such rows."""
    return lambda rows: load_costs([write_export(rows)])


@pytest.fixture(scope="session")
def shipped() -> Costs:
    return load_costs([SHIPPED_DATA])


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Files that lie beside the repository."""
    if not SHARED_DATA.exists():
        pytest.skip("the data of real exports are not beside the repository (../shared/data)")
    return SHARED_DATA


@pytest.fixture(scope="session")
def focus_cases(shared_data) -> Path:
    return shared_data / "focus_cases"


@pytest.fixture(scope="session")
def case(focus_cases) -> Callable[[str], Costs]:
    """Loads files of `focus_cases`, named with spaces between them."""
    return functools.cache(lambda names: load_costs([focus_cases / name for name in names.split()]))
