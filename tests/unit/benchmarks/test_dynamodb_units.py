"""Units are counted as AWS documents them."""

from typing import Any

import pytest

from finops_benchmarks.cloudformation_template import properties
from finops_benchmarks.dynamodb_units import Index, item_size, read_units, write_units


def item_of(kilobytes: float, **attributes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """An item of that size."""
    others = item_size(attributes)
    return {"a": {"S": "x" * (int(1024 * kilobytes) - 1 - others)}, **attributes}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"N": "1795431600"}, 5),
        ({"N": "-0.5"}, 2),
        ({"B": "AAAA"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"BOOL": False}]}, 3 + 1 + 2 + 1 + 1),
        ({"M": {"ab": {"S": "c"}}}, 3 + 1 + 2 + 1),
    ],
)
def test_an_attribute_is_as_large_as_its_name_and_its_value(value: dict[str, Any], size: int) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    assert item_size({"name": value}) == 4 + size


def test_a_write_costs_a_unit_for_each_kilobyte_of_the_larger_item() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html"""
    assert write_units(None, item_of(0.5)) == 1
    assert write_units(None, item_of(1.5)) == 2
    assert write_units(item_of(3.5), item_of(0.5)) == 4
    assert write_units(item_of(2), None) == 2


def test_a_refused_write_costs_what_is_there_or_one() -> None:
    """The documentation's own example: 300 KB are there, and 310 were to be."""
    assert write_units(item_of(300), item_of(300)) == 300
    assert write_units(item_of(300), item_of(310)) == 310
    assert write_units(None, None) == 1


def test_an_item_of_a_transaction_is_rounded_and_then_costs_twice() -> None:
    assert write_units(None, item_of(1.5), transactional=True) == 4


def test_reads_are_of_four_kilobytes_each_and_half_if_they_may_lag() -> None:
    assert read_units(3500, consistent=True) == 1
    assert read_units(10 * 1024, consistent=True) == 3
    assert read_units(8 * 1024, consistent=False) == 1
    assert read_units(0, consistent=True) == 1


INDEX = Index("by-owner", ("owner",), frozenset({"id", "owner", "status"}))


def entry(**attributes: str) -> dict[str, dict[str, Any]]:
    return {"id": {"S": "1"}, **{name: {"S": value} for name, value in attributes.items()}}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, entry(owner="ada"), 1),
        (entry(), entry(), 0),
        (entry(owner="ada", text="x"), entry(owner="ada", text="y"), 0),
        (entry(owner="ada", status="x"), entry(owner="ada", status="y"), 1),
        (entry(owner="ada"), entry(owner="bob"), 2),
        (entry(owner="ada"), entry(), 1),
        (entry(owner="ada", status="x" * 3000), entry(owner="ada", status="y"), 3),
        (entry(owner="ada", status="x" * 3000), entry(owner="bob", status="y"), 4),
        (None, entry(owner="ada", text="x" * 3000), 1),
    ],
)
def test_an_index_costs_what_its_entry_changes(before: Any, after: Any, units: int) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes"""
    assert INDEX.write_units(before, after) == units


def test_the_indexes_are_the_template_s() -> None:
    open_index, user_index = Index.of_table(properties("AWS::DynamoDB::Table")["JobsTable"])
    assert open_index == Index("open-index", ("open", "createdAt"), frozenset({"jobId", "open", "createdAt"}))
    assert user_index.projected == {"jobId", "userId", "createdAt", "status"}
