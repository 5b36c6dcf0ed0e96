"""Each permission is needed: with one taken from a role, a journey fails that has just come to its good end with all of
them.

The local cloud enforces IAM on what the functions call. What it does not enforce is held against the template and is
listed below, with the reason.
"""

import copy
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cloudformation_template import properties
from local_cloud.conversation import conversation
from local_cloud.journey_stack import JourneyStack
from security import permission_journeys as journeys
from security.permission_journeys import PATIENCE, Journey

CONNECTION_MANAGER, MESSAGE_HANDLER = "connection-manager", "message-handler"
BACKGROUND_PROCESSOR = "background-processor"

NEEDED: dict[tuple[str, str, str], Journey] = {
    (CONNECTION_MANAGER, "KeepConnections", "dynamodb:GetItem"): journeys.signs_in,
    (CONNECTION_MANAGER, "KeepConnections", "dynamodb:PutItem"): journeys.connects,
    (CONNECTION_MANAGER, "KeepConnections", "dynamodb:UpdateItem"): journeys.signs_in,
    (CONNECTION_MANAGER, "KeepConnections", "dynamodb:DeleteItem"): journeys.is_forgotten_when_it_leaves,
    (CONNECTION_MANAGER, "FollowJobs", "dynamodb:GetItem"): journeys.signs_in,
    (CONNECTION_MANAGER, "FollowJobs", "dynamodb:BatchGetItem"): journeys.redraws_a_large_answer,
    (CONNECTION_MANAGER, "FollowJobs", "dynamodb:UpdateItem"): journeys.redraws_a_large_answer,
    (CONNECTION_MANAGER, "QueueStuckJobs", "sqs:SendMessage"): journeys.signs_in_and_gets_a_stuck_jobs_answer,
    (CONNECTION_MANAGER, "LinkLargeAnswers", "s3:GetObject"): journeys.redraws_a_large_answer,
    (CONNECTION_MANAGER, "AnswerClients", "execute-api:ManageConnections"): journeys.pings,
    (
        CONNECTION_MANAGER,
        "LookForClients",
        "execute-api:ManageConnections",
    ): journeys.signs_in_where_all_other_connections_are_gone,
    (CONNECTION_MANAGER, "CloseConnections", "execute-api:ManageConnections"): journeys.is_closed_after_many_pings,
    (MESSAGE_HANDLER, "KnowWhoAsks", "dynamodb:UpdateItem"): journeys.asks,
    (MESSAGE_HANDLER, "KnowWhoAsks", "dynamodb:DeleteItem"): journeys.cancels_what_a_gone_connection_follows,
    (MESSAGE_HANDLER, "ListJobs", "dynamodb:Query"): journeys.lists,
    (MESSAGE_HANDLER, "StoreJobs", "dynamodb:GetItem"): journeys.asks,
    (MESSAGE_HANDLER, "StoreJobs", "dynamodb:BatchGetItem"): journeys.asks_twice,
    (MESSAGE_HANDLER, "StoreJobs", "dynamodb:PutItem"): journeys.asks,
    (MESSAGE_HANDLER, "StoreJobs", "dynamodb:UpdateItem"): journeys.cancels,
    (MESSAGE_HANDLER, "StoreJobs", "dynamodb:ConditionCheckItem"): journeys.asks_again_when_the_first_job_is_gone,
    (MESSAGE_HANDLER, "QueueJobs", "sqs:SendMessage"): journeys.asks,
    (MESSAGE_HANDLER, "LinkLargeAnswers", "s3:PutObject"): journeys.resumes_answers_too_large_together,
    (MESSAGE_HANDLER, "LinkLargeAnswers", "s3:GetObject"): journeys.resumes_answers_too_large_together,
    (MESSAGE_HANDLER, "AnswerClients", "execute-api:ManageConnections"): journeys.sends_nonsense,
    (MESSAGE_HANDLER, "CloseConnections", "execute-api:ManageConnections"): journeys.is_closed_after_much_nonsense,
    (BACKGROUND_PROCESSOR, "ReadQueues", "sqs:ChangeMessageVisibility"): journeys.has_its_message_hidden,
    (BACKGROUND_PROCESSOR, "QueueStuckJobs", "sqs:SendMessage"): journeys.sweeps,
    (BACKGROUND_PROCESSOR, "FindOpenJobs", "dynamodb:Query"): journeys.sweeps,
    (BACKGROUND_PROCESSOR, "StoreSteps", "dynamodb:GetItem"): journeys.hears_the_end,
    (BACKGROUND_PROCESSOR, "StoreSteps", "dynamodb:BatchGetItem"): journeys.gets_the_answer_of_a_crashed_worker,
    (BACKGROUND_PROCESSOR, "StoreSteps", "dynamodb:PutItem"): journeys.hears_the_end,
    (BACKGROUND_PROCESSOR, "StoreSteps", "dynamodb:UpdateItem"): journeys.hears_the_end,
    (BACKGROUND_PROCESSOR, "AskAgents", "lambda:InvokeFunction"): journeys.asks_both,
    (BACKGROUND_PROCESSOR, "KeepLargeAnswers", "s3:PutObject"): journeys.hears_a_large_answers_end,
    (BACKGROUND_PROCESSOR, "KeepLargeAnswers", "s3:GetObject"): journeys.reads_a_large_answer,
    (BACKGROUND_PROCESSOR, "AnswerClients", "execute-api:ManageConnections"): journeys.hears_the_end,
    (
        BACKGROUND_PROCESSOR,
        "ForgetGoneConnections",
        "dynamodb:DeleteItem",
    ): journeys.is_told_where_a_gone_connection_follows_too,
}

_KEY = "the local cloud asks for no key's use; and only with a key of the operator's own"
_LOGS = "the local cloud lets every function log"
_POLLER = "the local cloud's poller needs no permission"

NOT_ENFORCED: dict[tuple[str, str, str], str] = {
    **{
        (function, "Log", action): _LOGS
        for function in (CONNECTION_MANAGER, MESSAGE_HANDLER, BACKGROUND_PROCESSOR)
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    },
    **{
        (BACKGROUND_PROCESSOR, "ReadQueues", action): _POLLER
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    },
    **{
        (function, "UseKey", action): _KEY
        for function in (CONNECTION_MANAGER, MESSAGE_HANDLER, BACKGROUND_PROCESSOR)
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
    },
    **{
        (function, "UseFormerKeys", "kms:Decrypt"): _KEY
        for function in (CONNECTION_MANAGER, MESSAGE_HANDLER, BACKGROUND_PROCESSOR)
    },
    (
        CONNECTION_MANAGER,
        "LinkLargeAnswers",
        "s3:PutObject",
    ): "the local cloud takes messages of any size, and one active job's texts are too large for AWS only",
}


def statements_of(function: str) -> list[dict[str, Any]]:
    logical_id = "".join(word.capitalize() for word in function.split("-")) + "Role"
    (own,) = properties("AWS::IAM::Role")[logical_id]["Policies"]
    shared = [policy for policy in properties("AWS::IAM::Policy").values() if {"Ref": logical_id} in policy["Roles"]]
    return [statement for policy in (own, *shared) for statement in policy["PolicyDocument"]["Statement"]]


def actions_of(statement: dict[str, Any]) -> list[str]:
    return statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]


def resource_of(function: str, sid: str) -> str:
    """The statement's resources in a few words."""
    (statement,) = (statement for statement in statements_of(function) if statement["Sid"] == sid)
    found = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return ", ".join(map(name_of, found))


def name_of(resource: dict[str, Any]) -> str:
    if "Fn::GetAtt" in resource:
        return str(resource["Fn::GetAtt"][0])
    return str(resource.get("Ref") or resource["Fn::Sub"].split("${AWS::AccountId}:")[-1])


def test_every_action_of_every_role_is_in_the_table() -> None:
    allowed = {
        (function, statement["Sid"], action)
        for function in (CONNECTION_MANAGER, MESSAGE_HANDLER, BACKGROUND_PROCESSOR)
        for statement in statements_of(function)
        for action in actions_of(statement)
    }
    assert allowed == NEEDED.keys() | NOT_ENFORCED.keys()
    assert not NEEDED.keys() & NOT_ENFORCED.keys()


@pytest.mark.parametrize(
    ("permission", "journey"), NEEDED.items(), ids=lambda value: getattr(value, "__name__", None) or " ".join(value)
)
async def test_journey_needs(
    permission: tuple[str, str, str], journey: Journey, stack: JourneyStack, needed: list[tuple[str, ...]]
) -> None:
    began = time.monotonic()
    async with conversation(stack.url) as client:
        assert await journey(stack, client), "It fails with all permissions."
    took = time.monotonic() - began
    async with conversation(stack.url) as client:
        # It fails for want of the permission, not of time: each of its steps has twice what all took together.
        with patience(max(1, 2 * took)), without(stack, *permission):
            assert not await journey(stack, client)
    function, sid, action = permission
    needed.append((function, action, resource_of(function, sid), journey.__name__))


def test_what_the_local_cloud_does_not_enforce_is_listed(needed: list[tuple[str, ...]]) -> None:
    needed.extend(
        (function, action, resource_of(function, sid), f"not enforced here: {reason}")
        for (function, sid, action), reason in NOT_ENFORCED.items()
    )


@contextmanager
def without(stack: JourneyStack, function: str, sid: str, action: str) -> Iterator[None]:
    """Takes one action of one statement from a function's role."""
    complete = stack.role_policy(function)
    reduced: dict[str, Any] = copy.deepcopy(complete)
    statement = next(statement for statement in reduced["Statement"] if statement["Sid"] == sid)
    actions = actions_of(statement)
    assert action in actions
    # IAM takes no empty list of actions.
    statement["Action"] = [other for other in actions if other != action] or ["sts:GetCallerIdentity"]
    assert json.dumps(reduced) != json.dumps(complete)
    stack.put_role_policy(function, reduced)
    try:
        yield
    finally:
        stack.put_role_policy(function, complete)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Lets journeys wait so long for what may not happen."""
    usual = PATIENCE.set(seconds)
    try:
        yield
    finally:
        PATIENCE.reset(usual)
