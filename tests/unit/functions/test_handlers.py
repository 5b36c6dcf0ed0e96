"""The three functions as Lambda starts them: each in a process of its own, with the environment of the template.

Their logs are looked through too, at the level that writes most: who, which job and what happened, and no content.
"""

import json
import threading
import time
from dataclasses import replace

import jwt
import pytest

from contract_schema import assert_valid
from finops_benchmarks.cloudformation_template import properties
from finops_benchmarks.function_environment import function_environment
from finops_websocket import metrics
from finops_websocket.connections.rate_limit import FRAMES_BEFORE_SIGN_IN
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING
from unit.doubles.embedded_metrics import measurements, names
from unit.doubles.function_run import run_function
from unit.doubles.loopback_aws import LoopbackAws
from unit.doubles.sample_events import event_of, frame_event
from unit.doubles.sample_jobs import a_job
from unit.doubles.sample_tokens import KEY, key_set

CONNECTION_MANAGER = "connection_manager.handler.handler"
MESSAGE_HANDLER = "message_handler.handler.handler"
BACKGROUND_PROCESSOR = "background_processor.handler.handler"
ENVIRONMENT = function_environment(BACKGROUND_PROCESSOR)
COST, SAVINGS = AGENTS = (ENVIRONMENT["COST_FORECAST_FUNCTION"], ENVIRONMENT["TRUSTED_ADVISOR_FUNCTION"])
CONNECTION_ID = event_of("connect")["requestContext"]["connectionId"]
SPENT = FRAMES_BEFORE_SIGN_IN + 1
# Seconds that no test lives to see.
NEVER = 2**40
SIGNED_IN = {"connectionId": CONNECTION_ID, "userId": "user-1", "verified": True, "expiresAt": NEVER, "ttl": NEVER}
# In all that clients, agents and whoever can write into the queue choose, the events' question included. It stays
# itself in JSON and in base64.
MARKER = "Bluebird"


def stored(run, key, table="JOBS_TABLE"):
    [item] = [item for item in run.items[table] if key in {item.get("jobId"), item.get("connectionId")}]
    return item


def told(loopback):
    """Give each message's code or kind, but the hostile connection's; fail for one that the contract has not."""
    for _, message in loopback.posted:
        assert_valid(message)
    heard = [message for connection_id, message in loopback.posted if connection_id != "hostile"]
    return [message.get("code") or message.get("type", message.get("action")) for message in heard]


NOTHING = {"CONNECTIONS_TABLE": [], "JOBS_TABLE": []}


def on(connection_id, event):
    """Give an event as if it came from another connection."""
    return {**event, "requestContext": {**event["requestContext"], "connectionId": connection_id}}


def job_item(job_id, **changes):
    fields = {"agents": AGENTS, "ttl": NEVER, "query": MARKER, "request_id": MARKER, "followers": frozenset()}
    item = a_job(job_id=job_id, **{**fields, **changes}).to_item()
    return {name: sorted(value) if isinstance(value, set) else value for name, value in item.items()}


# A job at which every reader fails, with an error that quotes it.
UNREADABLE_JOB = {**job_item("unreadable"), "queuedAt": MARKER}

# Frames that either function may get.
HOSTILE_FRAMES = [
    {"action": MARKER},
    {"action": "finops_query", "query": MARKER, "requestId": MARKER, "agents": [MARKER], "username": MARKER},
    {"action": "finops_query", "query": [MARKER], "requestId": {"a": MARKER}},
    {"action": "resume_job", "jobId": MARKER},
    {"action": "list_jobs", "cursor": MARKER},
    {"action": "authenticate", "userId": "user-1", "username": MARKER, MARKER: MARKER},
]


def hostile(name, *frames):
    """Give an event of the hostile connection for each frame, and of some that are none."""
    events = [
        *(frame_event(name, **frame) for frame in (*frames, *HOSTILE_FRAMES)),
        *({**event_of(name), "body": body} for body in (MARKER, f"[{MARKER}", f'{{"{MARKER}": "\ud800"}}')),
        {**event_of(name), "body": MARKER, "isBase64Encoded": True},
    ]
    return [on("hostile", event) for event in events]


def a_token(**changes):
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


TOKEN = a_token()
# It would begin a line of the log, and write over others.
FOREIGN_ORIGIN = 'https://a.example\n{"level": "ERROR"}\x1b[2J\u202e' + "x" * 5000
# The first one signs the hostile connection in.
TOKENS = [a_token(sub="user-2"), a_token(aud=MARKER), a_token(token_use=MARKER), a_token(exp=1), f"{MARKER}.{MARKER}.e"]


def authenticate(token=TOKEN):
    return frame_event("authenticate_with_token", action="authenticate", token=token)


@pytest.fixture(scope="module")
def connection_manager():
    connect = event_of("connect")
    [origin] = connect["multiValueHeaders"]["Origin"]
    elsewhere = {**connect, "multiValueHeaders": {"Origin": [FOREIGN_ORIGIN]}}
    events = [connect, event_of("connect_without_origin"), elsewhere, event_of("ping")]
    events += [event_of("authenticate_by_claim")]
    events += [authenticate(TOKEN[:-8] + "AAAAAAAA")]
    events += [authenticate(), event_of("authenticate_by_claim"), event_of("binary_frame")]
    events += [on("second", authenticate()), event_of("disconnect"), on("second", authenticate())]
    events += [on("talker", event_of("ping"))] * SPENT
    events += hostile("ping", *({"action": "authenticate", "token": token} for token in TOKENS))
    changes = {"MAX_CONNECTIONS_PER_USER": "1", "ALLOWED_ORIGINS": origin, "MISSING_ORIGIN": "refuse"}
    with LoopbackAws() as loopback:
        loopback.keys = key_set(**{"key-1": KEY})
        changes["TOKEN_KEYS_URL"] = loopback.keys_url
        yield run_function(CONNECTION_MANAGER, loopback, events, NOTHING, **changes), loopback


def test_the_connection_manager_serves_a_connection_from_its_opening_to_its_end(connection_manager):
    run, loopback = connection_manager
    # API Gateway gets no body, which it would send to the client.
    assert [outcome["statusCode"] for outcome in run.outcomes] == [200, 403, 403, *[200] * (len(run.outcomes) - 3)]
    assert all(set(outcome) == {"statusCode"} for outcome in run.outcomes)
    assert told(loopback) == [
        *["pong", "authenticated", "INVALID_TOKEN", "authenticated"],
        # A claim on a connection that has shown whose it is.
        *["INVALID_TOKEN", "INVALID_MESSAGE"],
        # Another connection than the one that is allowed, until that one has closed.
        *["RATE_LIMITED", "authenticated"],
        # One that only talks.
        *[*["pong"] * FRAMES_BEFORE_SIGN_IN, "RATE_LIMITED"],
    ]
    greetings = [message for receiver, message in loopback.posted if message.get("type") == "authenticated"]
    assert [greeting["verified"] for greeting in greetings] == [False, True, True, True]
    assert loopback.closed == ["talker"]
    assert loopback.key_fetches == 1
    connections = {item["connectionId"] for item in run.items["CONNECTIONS_TABLE"] if "slots" not in item}
    assert connections == {"second", "talker", "hostile"}
    assert names(measurements(run.log)) == {
        metrics.CONNECTIONS_OPENED: 1,
        metrics.CONNECTIONS_REFUSED: 2,
        metrics.CONNECTIONS_CLOSED: 1,
        metrics.SIGN_INS: 3,
        # A forged token, and one more than the user may have; the hostile connection's.
        metrics.SIGN_INS_REFUSED: 2 + len(TOKENS) - 1,
        metrics.QUERIES_REFUSED: 2,
    }
    assert run.log.count(f'"Namespace": "{ENVIRONMENT["POWERTOOLS_METRICS_NAMESPACE"]}"') == len(measurements(run.log))


def test_in_the_open_mode_a_claim_is_taken_and_keys_that_cannot_be_had_are_no_fault_of_the_token_s():
    events = [event_of("connect"), event_of("authenticate_by_claim"), authenticate()]
    with LoopbackAws() as loopback:
        changes = {"AUTH_MODE": "open", "TOKEN_KEYS_URL": "http://127.0.0.1:1/jwks.json"}
        run = run_function(CONNECTION_MANAGER, loopback, events, NOTHING, **changes)
    assert stored(run, CONNECTION_ID, "CONNECTIONS_TABLE")["userId"] == "claimed#test-user"
    assert run.outcomes == [{"statusCode": 200}, {"statusCode": 200}, {"statusCode": 500}]
    assert told(loopback) == ["authenticated", "INTERNAL"]
    counted = {metrics.CONNECTIONS_OPENED: 1, metrics.TOKEN_KEYS_UNAVAILABLE: 1, metrics.FRAMES_UNSERVED: 1}
    assert names(measurements(run.log)) == counted


# Asked when no test lives any more, so that it is neither stuck nor too old.
MY_JOB = a_job(job_id="my-job", created_at=NEVER, queued_at=NEVER, ttl=2 * NEVER, followers=frozenset())
ANOTHER_S_JOB = replace(MY_JOB, job_id="another-s-job", user_id="user-2")
DEAD_JOB = replace(MY_JOB, job_id="dead-job", status=FAILED, code="PROCESSING_FAILED", query=MARKER)


@pytest.fixture(scope="module")
def message_handler():
    events = [
        event_of("finops_query"),
        event_of("finops_query"),
        frame_event("finops_query", action="finops_query", query="Why?", agents=["nobody"]),
        *(event_of(name) for name in ("unknown_action", "not_json", "binary_frame")),
        # The other function's.
        event_of("ping"),
        frame_event("finops_query", action="resume_job", jobId="my-job"),
        frame_event("finops_query", action="cancel_job", jobId="my-job"),
        frame_event("finops_query", action="list_jobs", limit=1),
        frame_event("finops_query", action="resume_job", jobId="another-s-job"),
        # A frame cannot ask for an operation.
        frame_event("finops_query", operation="replay", jobId="dead-job"),
        *({"operation": "replay", "jobId": job_id} for job_id in ("dead-job", "dead-job", "another-s-job")),
        *hostile("finops_query", {"action": "resume_job", "jobId": "unreadable"}),
    ]
    jobs = [*(job.to_item() for job in (MY_JOB, ANOTHER_S_JOB, DEAD_JOB)), UNREADABLE_JOB]
    signed_in = [SIGNED_IN, {**SIGNED_IN, "connectionId": "hostile", "userId": "user-3", "username": MARKER}]
    with LoopbackAws() as loopback:
        items = {"CONNECTIONS_TABLE": signed_in, "JOBS_TABLE": jobs}
        yield run_function(MESSAGE_HANDLER, loopback, events, items), loopback


def test_the_message_handler_serves_each_frame_and_an_operator(message_handler):
    run, loopback = message_handler
    replayed, again, refused = run.outcomes[12:15]
    assert run.outcomes[:12] == [{"statusCode": 200}] * 12
    assert told(loopback) == [
        *["job_queued", "job_queued", "UNKNOWN_AGENT", "UNKNOWN_ACTION", "INVALID_MESSAGE", "INVALID_MESSAGE"],
        *["UNKNOWN_ACTION", "job_snapshot", "job_cancelled", "job_list", "JOB_NOT_FOUND", "INVALID_MESSAGE"],
    ]
    asked = stored(run, loopback.posted[0][1]["jobId"])
    assert (asked["userId"], asked["followers"]) == ("user-1", [CONNECTION_ID])
    assert stored(run, "my-job")["status"] == CANCELLED
    assert "followers" not in stored(run, "my-job")
    assert stored(run, "another-s-job")["status"] == "queued"
    assert replayed == again == {"replayedAs": stored(run, "dead-job")["replayedAs"], "queued": True}
    assert refused == {"refused": "JOB_NOT_FOUND", "message": "No job of this id has failed for good."}
    queued = [json.loads(body)["jobId"] for body in run.queued]
    assert sorted(queued) == sorted([asked["jobId"], replayed["replayedAs"]] * 2)


# The loopback has no such path, so API Gateway seems to fail.
UNREACHABLE = "connection/3"


def batch(*job_ids, queue="queue_message"):
    """Give an event with a message for each job."""
    return batch_of(*(json.dumps({"jobId": job_id}) for job_id in job_ids), queue=queue)


def batch_of(*bodies, queue="queue_message"):
    [record] = event_of(queue)["Records"]
    return {"Records": [{**record, "messageId": f"message-{n}", "body": body} for n, body in enumerate(bodies)]}


def stays(*numbers):
    return {"batchItemFailures": [{"itemIdentifier": f"message-{number}"} for number in numbers]}


JOBS = [
    job_item("job-1", followers=frozenset({"connection-1", "connection-2"})),
    job_item("job-2", agents=(COST,)),
    job_item("job-3", followers=frozenset({"connection-3"})),
    job_item("unanswered", agents=(SAVINGS,)),
    job_item("cancelled", status=CANCELLED, followers=frozenset({"connection-4"})),
    job_item("held", status=PROCESSING, lease_owner="another", lease_until=NEVER),
    job_item("unreachable", status=COMPLETED, followers=frozenset({UNREACHABLE})),
    job_item("stuck"),
    job_item("untold", status=COMPLETED, followers=frozenset({"connection-5"})),
    UNREADABLE_JOB,
]
# Lambda's error metric counts what is raised: not a message that must only wait.
RAISED = {"raised": "EventNotServed"}
EVENTS = {
    "a job": (event_of("queue_message"), stays()),
    "the same again": (event_of("queue_message"), stays()),
    "a job whose agent fails": (batch("unanswered"), stays()),
    "a cancelled job": (batch("cancelled"), stays()),
    "a job under another's lease": (batch("held"), stays(0)),
    "an end that cannot be told": (batch("unreachable"), stays(0)),
    "no jobs": (batch_of(MARKER, f'["{MARKER}"]', f'{{"jobId": "{MARKER * 1000}"}}'), stays(0, 1, 2)),
    "an unexpected error": (batch("unreadable"), RAISED),
    "one good, one that waits": (batch("job-2", "held"), stays(1)),
    "one that waits, one unexpected error": (batch("held", "unreadable"), RAISED),
    "a dead letter": (event_of("dead_letter"), stays()),
    "a dead letter whose job is held": (batch("held", queue="dead_letter"), stays(0)),
    "a dead letter that is no job": (batch_of(MARKER, queue="dead_letter"), stays(0)),
    # One of the jobs cannot be looked at.
    "the schedule": (event_of("sweep"), RAISED),
}


@pytest.fixture(scope="module")
def background_processor():
    dead_letters = "https://sqs.us-east-1.amazonaws.com/123456789012/finops-websocket-processing-dlq"
    with LoopbackAws() as loopback:
        loopback.gone = {"connection-2"}
        answer = json.dumps({"response": f"# {MARKER}\n\n" + MARKER * 20_000})
        loopback.agent_answers = {COST: json.dumps({"statusCode": 200, "body": answer}).encode()}
        events = [event for event, _ in EVENTS.values()]
        items = {"CONNECTIONS_TABLE": [], "JOBS_TABLE": JOBS}
        # So long that the held job's lease may be one.
        settings = {"DEAD_LETTER_QUEUE_URL": dead_letters, "LEASE_SECONDS": str(NEVER)}
        yield run_function(BACKGROUND_PROCESSOR, loopback, events, items, **settings), loopback


def test_a_message_stays_in_its_queue_only_if_its_job_is_not_done(background_processor):
    outcomes = dict(zip(EVENTS, background_processor[0].outcomes, strict=True))
    assert outcomes == {name: outcome for name, (_, outcome) in EVENTS.items()}


def test_the_background_processor_brings_jobs_to_their_ends_and_tells_them(background_processor):
    run, loopback = background_processor
    told(loopback)
    kinds = {"job_completed", "job_failed", "job_cancelled"}
    ends = [(receiver, message) for receiver, message in loopback.posted if message["type"] in kinds]
    assert [(receiver, end["type"], end.get("code"), end["jobId"]) for receiver, end in ends] == [
        ("connection-1", "job_completed", None, "job-1"),
        ("connection-4", "job_cancelled", None, "cancelled"),
        ("connection-3", "job_failed", "PROCESSING_FAILED", "job-3"),
        ("connection-5", "job_completed", None, "untold"),
    ]
    answer = ends[0][1]["result"]
    assert answer["partial"] is True
    assert answer["response"].startswith(f"## Cost analysis\n\n# {MARKER}\n\n{MARKER}")
    # Each agent is asked once a job.
    invoked = sorted((agent, asked["jobId"]) for agent, asked in loopback.invoked)
    once = [(COST, "job-1"), (COST, "job-2"), (SAVINGS, "job-1"), (SAVINGS, "unanswered")]
    assert invoked == sorted(once)
    ended = {"job-1": COMPLETED, "job-2": COMPLETED, "job-3": FAILED, "unanswered": FAILED, "held": PROCESSING}
    assert {job_id: stored(run, job_id)["status"] for job_id in ended} == ended
    assert {"followers", "open"}.isdisjoint(stored(run, "job-1"))
    assert stored(run, "unreachable")["followers"] == [UNREACHABLE]
    # The sweep.
    assert run.queued == ['{"jobId": "stuck"}']


class SilentLambda(LoopbackAws):
    """Has an answer of an agent for nobody before the job has failed."""

    def __init__(self):
        super().__init__()
        self.has_failed = threading.Event()

    def answer(self, command, path, body):
        if "/functions/" in path:
            self.has_failed.wait(5)
        elif b"job_failed" in body:
            self.has_failed.set()
        return super().answer(command, path, body)


def test_a_job_ends_half_a_minute_before_lambda_ends_the_function_and_the_sweep_begins_nothing_then():
    jobs = [job_item("job-1", agents=(COST,), followers=frozenset({"connection-1"})), job_item("stuck")]
    with SilentLambda() as loopback:
        loopback.agent_answers = {COST: b'{"response": "Too late."}'}
        items = {"CONNECTIONS_TABLE": [], "JOBS_TABLE": jobs}
        events = [event_of("queue_message"), event_of("sweep")]
        run = run_function(BACKGROUND_PROCESSOR, loopback, events, items, REMAINING_MILLISECONDS="30500")
    assert run.outcomes == [stays(), None]
    assert told(loopback)[-1] == "TIMED_OUT"
    assert run.queued == []


SAID = {
    "connection_manager": [
        ("A connection was refused.", {"origin": ascii(FOREIGN_ORIGIN[:100])}),
        ("A message was refused.", {"connectionId": CONNECTION_ID, "code": "INVALID_TOKEN"}),
    ],
    "message_handler": [
        ("A message could not be served.", {"connectionId": "hostile"}),
        ("A question was taken.", {"duplicate": False, "userId": "user-1"}),
        ("A job was cancelled.", {"jobId": "my-job", "userId": "user-1"}),
    ],
    "background_processor": [
        ("A job failed.", {"jobId": "unanswered", "userId": "user-1", "code": "AGENTS_FAILED"}),
        ("A message could not be processed.", {"jobId": "unreadable"}),
        ("An open job could not be looked at.", {"jobId": "unreadable"}),
        # No line names a job of an earlier event.
        ("A message names no job.", {"jobId": None}),
    ],
}


@pytest.mark.parametrize("function", SAID)
def test_the_log_says_what_happened_to_whom_and_nothing_that_others_choose(function, request):
    run, _ = request.getfixturevalue(function)
    # Lambda writes what is raised into it too.
    assert MARKER not in run.log + str(run.raised)
    for part in {part for token in (TOKEN, *TOKENS) for part in token.split(".") if len(part) > 1}:
        assert part not in run.log
    assert "arn:aws:lambda" not in run.log.replace("arn:aws:lambda:us-east-1:123456789012:function:function", "")
    lines = run.log_lines()
    assert {line["service"] for line in lines} == {function.replace("_", "-")}
    for said, fields in SAID[function]:
        assert fields in [{name: line.get(name) for name in fields} for line in lines if line["message"] == said], said


def test_lambda_is_not_told_to_have_libraries_write_more():
    """With a log format and a level of its own Lambda sets the level of all loggers: botocore's then write every body.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    """
    for function in properties("AWS::Lambda::Function").values():
        assert set(function["LoggingConfig"]) == {"LogGroup"}
