"""The logs of the three functions, at the level that writes most: who, which job and what happened, and no content."""

import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from cloudformation_template import properties
from function_environment import function_environment
from unit.doubles.embedded_metrics import measurements
from unit.doubles.function_run import FunctionRun, run_function
from unit.doubles.loopback_aws import LoopbackAws
from unit.doubles.sample_events import event_of, frame_event
from unit.doubles.sample_jobs import a_job

CONNECTION_MANAGER = "connection_manager.handler.handler"
MESSAGE_HANDLER = "message_handler.handler.handler"
BACKGROUND_PROCESSOR = "background_processor.handler.handler"

# In all that clients, agents and whoever can write into the queue choose. It stays itself in JSON and in base64.
MARKER = "BluebirdAA"
CONNECTION_ID = event_of("connect")["requestContext"]["connectionId"]
# Seconds that no test lives to see.
NEVER = 2**40

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set() -> bytes:
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    return json.dumps({"keys": [{**key, "kid": "key-1", "alg": "RS256", "use": "sig"}]}).encode()


def token(**changes: Any) -> str:
    environment = function_environment(CONNECTION_MANAGER)
    claims = {
        "sub": "user-1",
        "iss": environment["TOKEN_ISSUER"],
        "aud": environment["TOKEN_CLIENT_ID"],
        "cognito:username": MARKER,
        "token_use": "id",
        "exp": int(time.time()) + 3600,
    }
    return jwt.encode({**claims, **changes}, KEY, "RS256", headers={"kid": "key-1"})


TOKENS = [token(), token(aud=MARKER), token(token_use=MARKER), token(exp=1), f"{MARKER}.{MARKER}.{MARKER}", MARKER]

# Frames that either function may get.
HOSTILE_FRAMES: list[dict[str, Any]] = [
    {"action": MARKER},
    {"action": "finops_query", "query": MARKER, "requestId": MARKER, "agents": [MARKER], "username": MARKER},
    {"action": "finops_query", "query": [MARKER], "requestId": {"a": MARKER}},
    {"action": "finops_query", "query": MARKER * 1000},
    {"action": "resume_job", "jobId": MARKER},
    {"action": "cancel_job", "jobId": MARKER},
    {"action": "cancel_job", "jobId": [MARKER]},
    {"action": "list_jobs", "cursor": MARKER},
    {"action": "list_jobs", "limit": MARKER},
    {"action": "ping", "timestamp": MARKER},
    {"action": "authenticate", "token": [MARKER]},
    {"action": "authenticate", "userId": "user-1", "username": MARKER, MARKER: MARKER},
]


def frame_events(name: str, *frames: dict[str, Any]) -> list[dict[str, Any]]:
    """Give an event for each frame, and of some that are none."""
    return [
        *(frame_event(name, **frame) for frame in frames),
        *({**event_of(name), "body": body} for body in (MARKER, f"[{MARKER}", f'{{"{MARKER}": "\ud800"}}')),
        {**event_of(name), "body": MARKER, "isBase64Encoded": True},
    ]


def job_item(job_id: str, handler: str = BACKGROUND_PROCESSOR, **changes: Any) -> dict[str, Any]:
    environment = function_environment(handler)
    agents = (environment["COST_FORECAST_FUNCTION"], environment["TRUSTED_ADVISOR_FUNCTION"])
    fields = {
        "query": MARKER,
        "request_id": MARKER,
        "agents": agents,
        "ttl": NEVER,
        "followers": frozenset(),
        **changes,
    }
    return a_job(job_id=job_id, **fields).to_item()


class LambdaThatTells(LoopbackAws):
    """Refuses to invoke one agent, and says why at length."""

    def __init__(self, refused: str) -> None:
        super().__init__()
        self._refused = refused

    def _post(self, path: str, body: bytes) -> tuple[int, bytes]:
        if f"/functions/{self._refused}/" in path:
            return 403, json.dumps({"message": f"{MARKER} arn:aws:lambda:us-east-1:123456789012:{MARKER}"}).encode()
        return super()._post(path, body)


def unreadable_job() -> dict[str, Any]:
    """Give a job's item at which every reader fails, with an error that quotes it."""
    return {**job_item("unreadable", MESSAGE_HANDLER), "progress": MARKER}


@pytest.fixture(scope="module")
def connection_manager() -> Iterator[FunctionRun]:
    hostile_origin = event_of("connect")
    for headers in (hostile_origin["headers"], hostile_origin["multiValueHeaders"]):
        headers.pop("Origin", None)
    hostile_origin["headers"]["Origin"] = f"https://{MARKER}.example"
    events = [
        hostile_origin,
        event_of("connect"),
        *frame_events("authenticate_with_token", *({"action": "authenticate", "token": token} for token in TOKENS)),
        *frame_events("ping", *HOSTILE_FRAMES),
        event_of("disconnect"),
    ]
    with LoopbackAws() as loopback:
        loopback.keys = key_set()
        unfinished = job_item("job-1", MESSAGE_HANDLER, created_at=NEVER, queued_at=NEVER, ttl=2 * NEVER)
        items: dict[str, list[dict[str, Any]]] = {"CONNECTIONS_TABLE": [], "JOBS_TABLE": [unfinished]}
        yield run_function(CONNECTION_MANAGER, loopback, events, items, TOKEN_KEYS_URL=loopback.keys_url)


@pytest.fixture(scope="module")
def message_handler() -> Iterator[FunctionRun]:
    signed_in = {
        "connectionId": CONNECTION_ID,
        "userId": "user-1",
        "username": MARKER,
        "verified": True,
        "expiresAt": NEVER,
        "ttl": NEVER,
    }
    question = {"action": "finops_query", "query": MARKER, "requestId": f"{MARKER}-1", "username": MARKER}
    mine: list[dict[str, Any]] = [
        question,
        question,
        {"action": "resume_job", "jobId": "job-1"},
        {"action": "cancel_job", "jobId": "job-1"},
        {"action": "list_jobs"},
        {"action": "resume_job", "jobId": "unreadable"},
    ]
    with LoopbackAws() as loopback:
        job = job_item("job-1", MESSAGE_HANDLER, created_at=NEVER, queued_at=NEVER, ttl=2 * NEVER)
        items = {"CONNECTIONS_TABLE": [signed_in], "JOBS_TABLE": [job, unreadable_job()]}
        yield run_function(MESSAGE_HANDLER, loopback, frame_events("finops_query", *mine, *HOSTILE_FRAMES), items)


@pytest.fixture(scope="module")
def background_processor() -> Iterator[FunctionRun]:
    environment = function_environment(BACKGROUND_PROCESSOR)
    cost, savings = environment["COST_FORECAST_FUNCTION"], environment["TRUSTED_ADVISOR_FUNCTION"]
    items: dict[str, list[dict[str, Any]]] = {
        "CONNECTIONS_TABLE": [],
        "JOBS_TABLE": [
            job_item("answered", agents=(cost,)),
            job_item("partial"),
            job_item("failed", agents=(savings,)),
            unreadable_job(),
        ],
    }
    (record,) = event_of("queue_message")["Records"]
    bodies = [
        *(json.dumps({"jobId": job_id}) for job_id in ("answered", "partial", "failed", "unreadable")),
        MARKER,
        json.dumps([MARKER]),
        json.dumps({"jobId": [MARKER]}),
        json.dumps({"jobId": MARKER * 1000}),
    ]
    events = [{"Records": [{**record, "body": body}]} for body in bodies]
    with LambdaThatTells(savings) as loopback:
        loopback.agent_answers = {cost: json.dumps({"response": f"# {MARKER}\n\n" + MARKER * 20_000}).encode()}
        yield run_function(BACKGROUND_PROCESSOR, loopback, [*events, event_of("sweep")], items)


def lines(run: FunctionRun) -> list[dict[str, Any]]:
    """Read the log, each line of which is JSON, or fail; a metric's line says nothing but the metric."""
    assert measurements(run.log)
    return run.log_lines()


def the_line(run: FunctionRun, message: str, **fields: Any) -> dict[str, Any]:
    """Give the first line with this message and these fields."""
    return next(line for line in lines(run) if {"message": message, **fields}.items() <= line.items())


@pytest.mark.parametrize("function", ["connection_manager", "message_handler", "background_processor"])
def test_nothing_that_others_choose_is_in_the_log(function: str, request: pytest.FixtureRequest) -> None:
    run: FunctionRun = request.getfixturevalue(function)
    assert lines(run)
    assert MARKER not in run.log
    assert MARKER not in str(run.raised)
    for part in {part for token in TOKENS for part in token.split(".")}:
        assert part not in run.log
    assert "arn:aws:lambda" not in run.log.replace("arn:aws:lambda:us-east-1:123456789012:function:function", "")


@pytest.mark.parametrize("function", ["connection_manager", "message_handler"])
def test_every_line_about_a_frame_names_its_connection(function: str, request: pytest.FixtureRequest) -> None:
    run: FunctionRun = request.getfixturevalue(function)
    assert {line["connectionId"] for line in lines(run)} == {CONNECTION_ID}


def test_refused_tokens_and_frames_are_in_the_log(
    connection_manager: FunctionRun, message_handler: FunctionRun
) -> None:
    assert the_line(connection_manager, "A token was refused.")
    assert the_line(connection_manager, "A message was refused.", code="INVALID_TOKEN")
    refused = {line["code"] for line in lines(message_handler) if line["message"] == "A message was refused."}
    assert {"INVALID_MESSAGE", "UNKNOWN_ACTION", "UNKNOWN_AGENT", "JOB_NOT_FOUND"} <= refused


def test_a_line_about_a_job_names_it_and_its_user(message_handler: FunctionRun) -> None:
    for message, job_id in [("A job was resumed.", "job-1"), ("A job was cancelled.", "job-1")]:
        assert the_line(message_handler, message, jobId=job_id, userId="user-1")
    taken = the_line(message_handler, "A question was taken.", duplicate=False, userId="user-1")
    assert the_line(message_handler, "A question was taken.", duplicate=True, jobId=taken["jobId"])


def test_an_agent_s_failure_is_in_the_log_and_not_its_words(background_processor: FunctionRun) -> None:
    assert the_line(background_processor, "An agent could not be reached.", jobId="failed")["errorType"]
    assert the_line(background_processor, "A job failed.", jobId="failed", userId="user-1", code="AGENTS_FAILED")
    assert the_line(background_processor, "A job was completed.", jobId="partial", userId="user-1", partial=True)
    assert the_line(background_processor, "A message names no job.")


def test_an_unexpected_error_is_in_the_log_and_not_its_words(
    message_handler: FunctionRun, background_processor: FunctionRun
) -> None:
    broken = the_line(message_handler, "A message could not be served.")
    assert broken["errors"][0]["errorType"] in {"ValueError", "InvalidOperation"}
    assert any("job.py" in frame for frame in broken["errors"][0]["raisedAt"])
    assert the_line(background_processor, "A message could not be processed.", jobId="unreadable")["errors"]
    assert the_line(background_processor, "An open job could not be looked at.", jobId="unreadable")["errors"]


def test_lambda_is_not_told_to_have_libraries_write_more() -> None:
    """With a log format and a level of its own Lambda sets the level of all loggers: botocore's then write every body.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    """
    for function in properties("AWS::Lambda::Function").values():
        assert set(function["LoggingConfig"]) == {"LogGroup"}
