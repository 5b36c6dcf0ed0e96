"""Each permission is needed: with one taken from a role, a journey fails that comes to its good end with all of them.

The local cloud enforces IAM on what the functions call. What it does not enforce is held against the template and is
listed below, with the reason.
"""

import copy
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import product
from typing import Any

import pytest

from finops_benchmarks.cloudformation_template import properties
from local_cloud.conversation import conversation
from local_cloud.journey_stack import JourneyStack
from security import permission_journeys as journeys
from security.permission_journeys import BOTH, LARGE, NONSENSE, PATIENCE, PING, Journey
from security.permission_journeys import has_a_gone_follower_forgotten as forgotten

CONNECTION_MANAGER, MESSAGE_HANDLER = "connection-manager", "message-handler"
BACKGROUND_PROCESSOR = "background-processor"
FUNCTIONS = (CONNECTION_MANAGER, MESSAGE_HANDLER, BACKGROUND_PROCESSOR)
MANAGE = "execute-api:ManageConnections"


# The same journeys, so that they come to their good end once.
asks_both, hears_large = partial(journeys.asks, query=BOTH), partial(journeys.hears_the_end, query=LARGE)

# A role's statement and action, and the journey that fails without it.
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
    (CONNECTION_MANAGER, "AnswerClients", MANAGE): partial(journeys.is_answered, frame=PING),
    (CONNECTION_MANAGER, "LookForClients", MANAGE): journeys.signs_in_where_all_other_connections_are_gone,
    (CONNECTION_MANAGER, "CloseConnections", MANAGE): partial(journeys.is_closed_after, frame=PING),
    (MESSAGE_HANDLER, "KnowWhoAsks", "dynamodb:UpdateItem"): journeys.asks,
    (MESSAGE_HANDLER, "KnowWhoAsks", "dynamodb:DeleteItem"): partial(forgotten, cancels=True),
    (MESSAGE_HANDLER, "ListJobs", "dynamodb:Query"): journeys.lists,
    (MESSAGE_HANDLER, "StoreJobs", "dynamodb:GetItem"): journeys.asks_twice,
    (MESSAGE_HANDLER, "StoreJobs", "dynamodb:BatchGetItem"): journeys.asks_twice,
    (MESSAGE_HANDLER, "StoreJobs", "dynamodb:PutItem"): journeys.asks,
    (MESSAGE_HANDLER, "StoreJobs", "dynamodb:UpdateItem"): journeys.cancels,
    (MESSAGE_HANDLER, "StoreJobs", "dynamodb:ConditionCheckItem"): journeys.asks_again_when_the_first_job_is_gone,
    (MESSAGE_HANDLER, "QueueJobs", "sqs:SendMessage"): journeys.asks,
    (MESSAGE_HANDLER, "LinkLargeAnswers", "s3:PutObject"): journeys.resumes_answers_too_large_together,
    (MESSAGE_HANDLER, "LinkLargeAnswers", "s3:GetObject"): journeys.resumes_answers_too_large_together,
    (MESSAGE_HANDLER, "AnswerClients", MANAGE): partial(journeys.is_answered, frame=NONSENSE),
    (MESSAGE_HANDLER, "CloseConnections", MANAGE): partial(journeys.is_closed_after, frame=NONSENSE),
    (BACKGROUND_PROCESSOR, "ReadQueues", "sqs:ChangeMessageVisibility"): journeys.has_its_message_hidden,
    (BACKGROUND_PROCESSOR, "QueueStuckJobs", "sqs:SendMessage"): journeys.sweeps,
    (BACKGROUND_PROCESSOR, "FindOpenJobs", "dynamodb:Query"): journeys.sweeps,
    (BACKGROUND_PROCESSOR, "StoreSteps", "dynamodb:GetItem"): journeys.sweeps,
    (BACKGROUND_PROCESSOR, "StoreSteps", "dynamodb:BatchGetItem"): journeys.gets_the_answer_of_a_crashed_worker,
    (BACKGROUND_PROCESSOR, "StoreSteps", "dynamodb:PutItem"): journeys.hears_the_end,
    (BACKGROUND_PROCESSOR, "StoreSteps", "dynamodb:UpdateItem"): journeys.hears_the_end,
    (BACKGROUND_PROCESSOR, "AskAgents", "lambda:InvokeFunction"): asks_both,
    (BACKGROUND_PROCESSOR, "KeepLargeAnswers", "s3:PutObject"): hears_large,
    (BACKGROUND_PROCESSOR, "KeepLargeAnswers", "s3:GetObject"): journeys.reads_a_large_answer,
    (BACKGROUND_PROCESSOR, "AnswerClients", MANAGE): journeys.hears_the_end,
    (BACKGROUND_PROCESSOR, "ForgetGoneConnections", "dynamodb:DeleteItem"): partial(forgotten, cancels=False),
}

NOT_ENFORCED = {
    # The local cloud lets every function log, and asks for no key's use; and only with a key of the operator's own.
    *product(FUNCTIONS, ["Log"], ["logs:CreateLogStream", "logs:PutLogEvents"]),
    *product(FUNCTIONS, ["UseKey"], ["kms:Decrypt", "kms:GenerateDataKey"]),
    *product(FUNCTIONS, ["UseFormerKeys"], ["kms:Decrypt"]),
    # Its poller needs no permission.
    (BACKGROUND_PROCESSOR, "ReadQueues", "sqs:ReceiveMessage"),
    (BACKGROUND_PROCESSOR, "ReadQueues", "sqs:DeleteMessage"),
    (BACKGROUND_PROCESSOR, "ReadQueues", "sqs:GetQueueAttributes"),
    # It takes messages of any size, and one active job's texts are too large for AWS only.
    (CONNECTION_MANAGER, "LinkLargeAnswers", "s3:PutObject"),
}


def statements_of(function: str) -> list[dict[str, Any]]:
    logical_id = "".join(word.capitalize() for word in function.split("-")) + "Role"
    (own,) = properties("AWS::IAM::Role")[logical_id]["Policies"]
    shared = [policy for policy in properties("AWS::IAM::Policy").values() if {"Ref": logical_id} in policy["Roles"]]
    return [statement for policy in (own, *shared) for statement in policy["PolicyDocument"]["Statement"]]


def actions_of(statement: dict[str, Any]) -> list[str]:
    return statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]


def test_every_action_of_every_role_is_in_the_table() -> None:
    allowed = {
        (function, statement["Sid"], action)
        for function in FUNCTIONS
        for statement in statements_of(function)
        for action in actions_of(statement)
    }
    assert allowed == NEEDED.keys() | NOT_ENFORCED
    assert not NEEDED.keys() & NOT_ENFORCED


@pytest.fixture(scope="module")
def seconds() -> dict[Journey, float]:
    """How long each journey has taken to its good end."""
    return {}


@pytest.mark.parametrize(("permission", "journey"), NEEDED.items(), ids=map(" ".join, NEEDED))
async def test_a_journey_needs(
    permission: tuple[str, str, str], journey: Journey, stack: JourneyStack, seconds: dict[Journey, float]
) -> None:
    if journey not in seconds:
        began = time.monotonic()
        async with conversation(stack.url) as client:
            await journey(stack, client)
        seconds[journey] = time.monotonic() - began
    # It fails for want of the permission, not of time: each of its steps has twice what all took together.
    PATIENCE.set(max(1, 2 * seconds[journey]))
    async with conversation(stack.url) as client:
        with without(stack, *permission), pytest.raises(journeys.FAILURES):
            await journey(stack, client)


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
