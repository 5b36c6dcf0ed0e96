"""From a frame to its action, and from any failure to its sender."""

import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from contract_schema import ERROR_CODES
from finops_websocket import errors, metrics
from finops_websocket.connections.identity import Connection
from finops_websocket.connections.rate_limit import RateLimiter
from finops_websocket.dispatch import BROKEN, HANDLED, dispatch
from finops_websocket.observability import entry_point, serves_connections
from finops_websocket.wire.client_messages import FinopsQuery, Ping
from unit.doubles.embedded_metrics import names
from unit.doubles.function_run import Context
from unit.doubles.sample_events import event_of

CONNECTION_ID = event_of("ping")["requestContext"]["connectionId"]
QUERY = {"action": "finops_query", "query": "Why?", "requestId": "request-1"}
PING = {"action": "ping"}
BROKEN_ERROR = RuntimeError("arn:aws:dynamodb:us-east-1:123456789012:table/secret")
UNCOUNTED = ClientError({"Error": {"Code": "InternalServerError"}}, "UpdateItem")


class Dispatched(RateLimiter):
    """What came of a frame: the response, what its sender heard, whom the action served and whose frame was counted."""

    def __init__(self, services, frame, error=None, limit=None):
        def act(_services, connection, message):
            self.served.append((connection, message))
            if error is not None:
                raise error

        self.limit = limit
        self.served = []
        self.counted = []
        event = event_of("ping") | (frame if "body" in frame else {"body": json.dumps(frame)})
        services.channel.sent.clear()
        self.response = dispatch(replace(services, rate_limiter=self), event, {Ping: act, FinopsQuery: act})
        self.heard = services.channel.to(CONNECTION_ID)

    def count(self, connection_id):
        self.counted.append(connection_id)
        if self.limit is not None:
            raise self.limit
        return Connection(connection_id, "user-1")


NO_JSON = {"body": "no json"}
BINARY = {"body": json.dumps(PING), "isBase64Encoded": True}


def test_a_frame_is_served_by_its_action_and_nobody_else_answers(services):
    done = Dispatched(services, QUERY)
    assert (done.response, done.heard) == (HANDLED, [])
    assert done.served == [(Connection(CONNECTION_ID, "user-1"), FinopsQuery("Why?", "request-1"))]
    # API Gateway is answered without a body, which it would send to the client.
    assert (HANDLED, BROKEN) == ({"statusCode": 200}, {"statusCode": 500})


@pytest.mark.parametrize(
    ("frame", "code", "job_id"),
    [
        (NO_JSON, "INVALID_MESSAGE", None),
        ({"body": None}, "INVALID_MESSAGE", None),
        (BINARY, "INVALID_MESSAGE", None),
        ({"action": "make_coffee"}, "UNKNOWN_ACTION", None),
        # Known, and not served by this function.
        ({"action": "authenticate", "userId": "user-1"}, "UNKNOWN_ACTION", None),
        ({"action": "resume_job", "jobId": 7}, "INVALID_MESSAGE", None),
        ({"action": "resume_job", "jobId": "job-1"}, "UNKNOWN_ACTION", "job-1"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_refused_frame_is_counted_and_answered_with_an_error(services, frame, code, job_id):
    services.clock.set(7.9)
    done = Dispatched(services, frame)
    [error] = done.heard
    assert (error["type"], error["code"], error["timestamp"], error.get("jobId")) == ("error", code, 7, job_id)
    assert (done.response, done.served, done.counted) == (HANDLED, [], [CONNECTION_ID])


@pytest.mark.parametrize(
    ("change", "code", "request_id"),
    [
        ({"query": "x" * 4001}, "QUERY_TOO_LONG", "request-1"),
        ({"agents": 7}, "INVALID_MESSAGE", "request-1"),
        # A browser's slice cuts an emoji in the middle.
        ({"query": "Why\ud83d"}, "INVALID_MESSAGE", "request-1"),
        ({"requestId": "mine\ud83d"}, "INVALID_MESSAGE", None),
        ({"query": "", "requestId": "x" * 129}, "INVALID_MESSAGE", None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_refused_question_ends_in_job_failed_which_stops_an_older_client_s_spinner(
    services, measured, change, code, request_id
):
    [failed] = Dispatched(services, QUERY | change).heard
    assert (failed["type"], failed["code"], failed["jobId"]) == ("job_failed", code, None)
    assert failed.get("requestId") == request_id
    assert names(measured()) == {metrics.QUERIES_REFUSED: 1}


@pytest.mark.parametrize(
    ("error", "waits"),
    [(errors.SessionExpired("Please sign in again."), None), (errors.TooManyJobs("Please wait.", 30), 30)],
)
def test_an_action_s_refusal_reaches_the_sender_with_the_time_to_wait(services, measured, error, waits):
    [failed] = Dispatched(services, QUERY, error).heard
    assert (failed["type"], failed["code"], failed["error"]) == ("job_failed", error.code, str(error))
    done = Dispatched(services, PING, error)
    [refused] = done.heard
    assert (refused["type"], refused["code"], refused["message"]) == ("error", error.code, str(error))
    assert failed.get("retryAfter") == refused.get("retryAfter") == waits
    assert done.response == HANDLED
    assert services.channel.closed == []
    assert names(measured()) == {metrics.QUERIES_REFUSED: 1}


@pytest.mark.parametrize("limit", [None, UNCOUNTED], ids=["in its action", "when it is counted"])
@pytest.mark.parametrize(("frame", "kind"), [(QUERY, "job_failed"), (PING, "error")])
def test_what_nobody_expected_is_answered_without_its_text_and_counted(services, measured, frame, kind, limit):
    done = Dispatched(services, frame, BROKEN_ERROR, limit)
    [answer] = done.heard
    assert (done.response, answer["type"], answer["code"]) == (BROKEN, kind, "INTERNAL")
    assert "secret" not in json.dumps(answer)
    assert len(done.served) == (1 if limit is None else 0)
    refused = {metrics.QUERIES_REFUSED: 1} if frame is QUERY else {}
    assert names(measured()) == {metrics.FRAMES_UNSERVED: 1, **refused}


@pytest.mark.parametrize("limit", [errors.RateLimited("Slower.", 20), errors.ConnectionSpent("Enough.", 60)])
@pytest.mark.parametrize("frame", [QUERY, NO_JSON], ids=str)
def test_a_frame_above_the_limit_is_not_served_and_a_spent_connection_is_told_so_and_then_closed(
    services, frame, limit
):
    closed_before = []
    services.channel.at_send = lambda _connection_id, _message: closed_before.extend(services.channel.closed)
    done = Dispatched(services, frame, limit=limit)
    [answer] = done.heard
    assert (answer["code"], answer["retryAfter"]) == ("RATE_LIMITED", limit.retry_after)
    assert (done.response, done.served, closed_before) == (HANDLED, [], [])
    assert services.channel.closed == ([CONNECTION_ID] if isinstance(limit, errors.ConnectionSpent) else [])


def test_what_a_function_raises_has_failed_without_its_text_and_is_counted_if_it_is_the_api_s(measured):
    def handler(event, _context):
        if event.get("isBase64Encoded"):
            raise ValueError("secret")
        return event["requestContext"]["connectionId"]

    for function, counted in ((entry_point(handler), 0), (entry_point(serves_connections(handler)), 1)):
        assert function(event_of("ping"), Context("request-1")) == CONNECTION_ID
        measured()
        with pytest.raises(errors.EventNotServed) as raised:
            function(event_of("ping") | BINARY, Context("request-2"))
        assert "secret" not in str(raised.value)
        # Nor in the traceback that Lambda writes.
        assert raised.value.__suppress_context__
        assert len(measured()) == counted


# Which words of an error reach a client.


def subclasses(error):
    return [error, *(deeper for child in error.__subclasses__() for deeper in subclasses(child))]


def saying(error, text):
    if error is errors.JobHeldElsewhere:
        return error(text, "message-1", 30)
    return error(text, 30) if issubclass(error, errors.LimitReached) else error(text)


# Never raised themselves.
FAMILIES = (errors.RequestError, errors.LimitReached)
REQUEST_ERRORS = [error for error in subclasses(errors.RequestError) if error not in FAMILIES]
OTHER_ERRORS = [error for error in subclasses(errors.FinopsError) if not issubclass(error, errors.RequestError)]


def test_every_code_of_the_contract_is_one_error_s_or_a_job_s_end_s_and_says_its_sentence():
    # What a job ends with is stored; a page from elsewhere is told by the status of its handshake.
    others = {"AGENTS_FAILED", "TIMED_OUT", "PROCESSING_FAILED", "ORIGIN_NOT_ALLOWED", "QUEUE_UNAVAILABLE", "INTERNAL"}
    # A spent connection is told what a client that sends too much is told.
    codes = [error.code for error in REQUEST_ERRORS if error is not errors.ConnectionSpent]
    assert sorted(codes) == sorted(ERROR_CODES - others)
    assert errors.ConnectionSpent.code == errors.RateLimited.code
    for error in REQUEST_ERRORS:
        assert errors.client_text(saying(error, "A sentence.")) == (error.code, "A sentence.")
    assert errors.client_text(errors.QueueUnavailable("Job job-1 could not be queued."))[0] == "QUEUE_UNAVAILABLE"
    # Who has reached a limit is told to wait a second at least.
    assert [errors.TooManyJobs("A sentence.", given).retry_after for given in (60, 1, 0, -7)] == [60, 1, 1, 1]


@pytest.mark.parametrize("error", [KeyError("a secret"), *(saying(error, "a secret") for error in OTHER_ERRORS)])
def test_no_other_error_s_text_reaches_a_client(error):
    code, sentence = errors.client_text(error)
    assert code in ERROR_CODES
    assert sentence
    assert "secret" not in sentence
