import gzip
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from sample_agents.cost_source import SHIPPED_DATA
from sample_agents.focus_export import Dimension

TOOL = Path(__file__).with_name("make_sample_costs.py")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    files = [folder / name for name in ("first.gz", "second.gz")]
    for file in files:
        subprocess.run([sys.executable, TOOL, file], check=True)
    return [file.read_bytes() for file in files]


def test_same_bytes_every_time_without_a_time_or_a_name(made):
    assert made[0] == made[1]
    assert made[0][3:8] == bytes(5)  # of the gzip header


def test_shipped_file_is_what_the_tool_makes_and_small(made):
    # The content, not the packed bytes: another zlib (zlib-ng) packs the same content differently.
    assert gzip.decompress(SHIPPED_DATA.read_bytes()) == gzip.decompress(made[0])
    assert len(SHIPPED_DATA.read_bytes()) < 200_000


def test_shipped_data_are_worth_asking_about(shipped, shipped_rows):
    assert len(shipped.values(Dimension.SERVICE)) == 12
    assert len(shipped.values(Dimension.ACCOUNT)) == 3
    assert len([region for region in shipped.values(Dimension.REGION) if not region.startswith("(")]) == 3
    assert {row["CommitmentDiscountStatus"] for row in shipped_rows} == {"", "Used", "Unused"}
    assert {bool(row["Tags"]) for row in shipped_rows} == {True, False}


def test_the_plan_is_billed_once_and_effective_where_it_is_used(shipped_rows):
    def total(column, rows):
        return sum(Decimal(row[column]) for row in rows)

    plan = [row for row in shipped_rows if row["CommitmentDiscountId"] and row["ChargePeriodStart"] < "2026-11"]
    assert total("BilledCost", plan) == total("EffectiveCost", plan) > 0
