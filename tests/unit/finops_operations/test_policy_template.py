import json
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_operations.policy_template import (
    PolicyTooLarge,
    filled_in,
    generated_bucket_name,
    generated_role_name,
    placeholders_of,
    policy_names,
)

stacks = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,127}", fullmatch=True)
random_parts = st.from_regex(r"[A-Z0-9]{12,13}", fullmatch=True)


def values_of(policy: str, value: str = "a") -> dict[str, str]:
    return dict.fromkeys(placeholders_of(policy), value)


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_in(one)
    else:
        yield str(value)


@pytest.mark.parametrize("policy", policy_names())
def test_no_placeholder_is_left(policy: str) -> None:
    assert "${" not in filled_in(policy, values_of(policy))


@pytest.mark.parametrize("policy", policy_names())
def test_a_value_that_is_missing_is_not_passed_over(policy: str) -> None:
    values = values_of(policy)
    values.popitem()
    with pytest.raises(KeyError):
        filled_in(policy, values)


@given(name=st.from_regex(r"[A-Za-z0-9._/-]{1,40}", fullmatch=True))
def test_a_name_is_in_it_as_it_is(name: str) -> None:
    texts = list(texts_in(json.loads(filled_in("deploy", values_of("deploy") | {"Bucket": name}))))
    assert f"arn:a:s3:::{name}" in texts


def test_what_iam_does_not_take_is_refused() -> None:
    with pytest.raises(PolicyTooLarge, match=r"policy deploy has \d+ characters, and IAM takes 6144"):
        filled_in("deploy", values_of("deploy", "a" * 200))


@given(stack=stacks, random=random_parts)
def test_a_roles_name_that_is_short_enough_is_matched(stack: str, random: str) -> None:
    assert fnmatchcase(f"{stack}-BackgroundProcessorRole-{random}", generated_role_name(stack))


@given(stack=stacks, random=random_parts, kept=st.integers(min_value=20, max_value=40))
def test_one_that_is_shortened_is_matched_too(stack: str, random: str, kept: int) -> None:
    assert fnmatchcase(f"{stack[:kept]}-BackgroundProcessorRole-{random}", generated_role_name(stack))
    assert fnmatchcase(f"{stack[:kept]}-resultsbucket-{random}".lower(), generated_bucket_name(stack))


@given(stack=st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,19}", fullmatch=True), other=stacks)
def test_a_role_of_a_stack_whose_name_begins_alike_is_not(stack: str, other: str) -> None:
    assert not fnmatchcase(f"{stack}{other}"[:128].replace("-", "") + "-Role-1A2B3C", generated_role_name(stack))
