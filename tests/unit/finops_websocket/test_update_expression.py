import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from finops_websocket.update_expression import update_arguments


def test_each_kind_of_change_has_its_clause() -> None:
    assert update_arguments({"status": "a", "partial": True}, {"seq": 1}, {"followers": {"c"}}, {"ttl": 9}) == {
        "UpdateExpression": (
            "SET #status = :status, #partial = :partial, #ttl = if_not_exists(#ttl, :ttl)"
            " ADD #seq :seq DELETE #followers :followers"
        ),
        "ExpressionAttributeNames": {
            "#status": "status",
            "#partial": "partial",
            "#ttl": "ttl",
            "#seq": "seq",
            "#followers": "followers",
        },
        "ExpressionAttributeValues": {
            ":status": "a",
            ":partial": True,
            ":ttl": 9,
            ":seq": 1,
            ":followers": {"c"},
        },
    }


def test_attributes_are_taken_away_by_name_alone() -> None:
    arguments = update_arguments({"status": "a"}, delete={"followers": {"c"}}, remove=("open", "error"))
    assert arguments["UpdateExpression"] == ("SET #status = :status DELETE #followers :followers REMOVE #open, #error")
    assert arguments["ExpressionAttributeNames"]["#open"] == "open"
    assert ":open" not in arguments["ExpressionAttributeValues"]


def test_where_nothing_has_a_value_there_are_no_values() -> None:
    """DynamoDB refuses an empty map of them."""
    assert update_arguments(remove=("open",)) == {
        "UpdateExpression": "REMOVE #open",
        "ExpressionAttributeNames": {"#open": "open"},
    }


ATTRIBUTES = st.lists(st.from_regex(r"[a-zA-Z]{1,12}", fullmatch=True), unique=True, max_size=8)


@given(ATTRIBUTES, st.lists(st.integers(0, 4), min_size=8, max_size=8))
def test_no_attribute_stands_in_an_expression_by_its_name(attributes: list[str], places: list[int]) -> None:
    changes: list[dict[str, Any]] = [{}, {}, {}, {}, {}]
    for attribute, place in zip(attributes, places, strict=False):
        changes[place][attribute] = 1
    *valued, removed = changes
    arguments = update_arguments(*valued, remove=tuple(removed))
    bare = re.sub(r"[#:]\w+", "", arguments["UpdateExpression"])
    assert set(re.findall(r"\w+", bare)) <= {"SET", "ADD", "DELETE", "REMOVE", "if_not_exists"}
    assert set(re.findall(r"#\w+", arguments["UpdateExpression"])) == set(arguments["ExpressionAttributeNames"])
    values = arguments.get("ExpressionAttributeValues", {})
    assert set(re.findall(r":\w+", arguments["UpdateExpression"])) == set(values)
    assert values or "ExpressionAttributeValues" not in arguments
