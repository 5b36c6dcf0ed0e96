"""Items and conditions as DynamoDB has them: what is written is read back the same, and boto3 would write it so."""

from decimal import Decimal

import pytest
from boto3.dynamodb import conditions as boto3_conditions
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket.conditions import Attr
from finops_websocket.table import from_attributes, to_attribute, to_attributes

TEXTS = st.text()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**37), 10**37) | TEXTS | st.sets(TEXTS, min_size=1),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=10,
)


@given(st.dictionaries(TEXTS, VALUES))
def test_an_item_is_read_as_it_was_written_and_written_as_boto3_writes_it(item):
    assert from_attributes(to_attributes(item)) == item
    for value in item.values():
        assert from_attributes({"it": TypeSerializer().serialize(value)}) == {"it": value}


def test_a_number_is_read_exactly_and_a_value_that_no_item_has_is_refused():
    assert from_attributes({"it": {"N": "1.10"}}) == {"it": Decimal("1.10")}
    with pytest.raises(TypeError, match="float"):
        to_attribute(1.5)


def _asked(attr):
    """What the stores ask of an item, with these conditions or with boto3's."""
    followers = attr("followers")
    has_room = followers.not_exists() | followers.size().lt(50) | followers.contains("connection-1")
    is_open = attr("status").is_in(["queued", "processing"]) & attr("ttl").gt(7) & attr("jobId").exists()
    return is_open & has_room & ~attr("seq").eq(2)


def test_a_condition_says_what_boto3_s_says():
    expression, names, values = _asked(Attr).rendered()
    theirs = boto3_conditions.ConditionExpressionBuilder().build_expression(_asked(boto3_conditions.Attr))

    def written_out(text, placeholders):
        # The longer ones first: one may begin with another.
        for placeholder in sorted(placeholders, key=len, reverse=True):
            text = text.replace(placeholder, repr(placeholders[placeholder]))
        return text

    assert written_out(expression, {**names, **values}) == written_out(
        theirs.condition_expression, {**theirs.attribute_name_placeholders, **theirs.attribute_value_placeholders}
    )
