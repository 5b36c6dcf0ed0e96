"""An IAM policy with placeholders for the names of one deployment: a file of ops/policies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

POLICIES = Path(__file__).resolve().parents[1] / "policies"

# Characters of a managed policy, white space not counted:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST_POLICY = 6144

# CloudFormation makes a resource's name of its stack's, which it shortens where a service's limit is near (a role's 64
# characters, a bucket's 63). AWS does not document how; this many of a stack's name are taken to be left.
_KEPT_OF_STACK_NAME = 20


class PolicyTooLarge(Exception):
    """IAM would not take the policy. Its text says by how much."""


def policy_names() -> list[str]:
    """The policies that there are, by their files' names."""
    return sorted(path.stem for path in POLICIES.glob("*.json"))


def placeholders_of(policy: str) -> set[str]:
    """The names that a policy has placeholders for."""
    return set(Template(_text_of(policy)).get_identifiers())


def filled_in(policy: str, values: Mapping[str, str]) -> str:
    """A policy for one deployment, as JSON. `values` must have no quote and no backslash.

    Raises:
        KeyError: a placeholder has no value.
        PolicyTooLarge: with these names it is larger than IAM takes.
    """
    text = Template(_text_of(policy)).substitute(values)
    size = len(re.sub(r"\s", "", text))
    if size > LARGEST_POLICY:
        raise PolicyTooLarge(
            f"With these names the policy {policy} has {size} characters, and IAM takes {LARGEST_POLICY}. Shorten them."
        )
    json.loads(text)
    return text


def generated_role_name(stack: str) -> str:
    """A pattern of the names that CloudFormation makes for a stack's roles: STACK-LOGICALID-RANDOM."""
    return f"{_beginning(stack)}*"


def generated_bucket_name(stack: str) -> str:
    """A pattern of the name that CloudFormation makes for a stack's results bucket; buckets' names are lower-case."""
    return f"{_beginning(stack).lower()}{'' if _is_kept(stack) else '*-'}resultsbucket-*"


def _beginning(stack: str) -> str:
    return f"{stack}-" if _is_kept(stack) else stack[:_KEPT_OF_STACK_NAME]


def _is_kept(stack: str) -> bool:
    return len(stack) <= _KEPT_OF_STACK_NAME


def _text_of(policy: str) -> str:
    return (POLICIES / f"{policy}.json").read_text(encoding="utf-8")
