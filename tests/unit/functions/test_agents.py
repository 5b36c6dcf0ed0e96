"""A job's agents: all asked at once, each invoked once, and nobody waits for longer than the deadline."""

import io
import json
import threading

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from background_processor.agent_answer import MAX_PAYLOAD_BYTES, AgentAnswer
from background_processor.agents import Agents, Outcome
from finops_websocket import metrics
from finops_websocket.errors import AgentFailed, AgentTimedOut
from unit.doubles.embedded_metrics import Measurement
from unit.doubles.sample_jobs import COST
from unit.doubles.scripted_agents import ScriptedAgents, after, fails, join_agents, says
from unit.doubles.settable_clock import SettableClock

pytestmark = pytest.mark.usefixtures("parent_logger")

LAMBDA = "https://lambda.example.com"


class Body(StreamingBody):
    """A payload that does not arrive, or has no end; it counts what was read of it."""

    def __init__(self, error=None):
        super().__init__(io.BytesIO(), 0)
        self.error = error
        self.bytes_read = 0

    def read(self, amt=None):
        if self.error is not None:
            raise self.error
        assert amt is not None
        self.bytes_read += amt
        return b"a" * amt


def answer(payload, **fields):
    body = json.dumps(payload).encode()
    return {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body)), **fields}


class Lambda:
    """Lambda, asked for one agent that has so many seconds; a pause takes none but the clock's."""

    def __init__(self):
        self.stubber = Stubber(boto3.client("lambda", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b"))
        self.clock = SettableClock()
        self.closed = 0
        self.at_pause = lambda: None

    def __getattr__(self, name):
        return getattr(self.stubber.client, name)

    def close(self):
        self.closed += 1

    def _sleep(self, seconds):
        self.clock.now += seconds
        self.at_pause()

    def ask(self, seconds=60):
        with self.stubber:
            agents = Agents(self, 20, self.clock, self._sleep)
            with agents.asked([COST], "Why?", "job-1", seconds) as outcomes:
                [outcome] = outcomes
            self.stubber.assert_no_pending_responses()
        # A connection of an earlier job's may have died while the function was frozen.
        assert self.closed == 1
        return outcome


def test_an_agent_is_asked_the_question_and_its_answer_read():
    lambda_ = Lambda()
    expected = {"FunctionName": COST, "Payload": json.dumps({"query": "Why?", "jobId": "job-1"}).encode()}
    lambda_.stubber.add_response("invoke", answer({"statusCode": 200, "body": '{"response": "Up."}'}), expected)
    assert lambda_.ask() == Outcome(COST, AgentAnswer("Up."), None, 0.0)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "ServiceException"])
def test_an_agent_that_lambda_does_not_invoke_could_not_be_reached_and_is_not_tried_again(code):
    lambda_ = Lambda()
    lambda_.stubber.add_client_error("invoke", code, "secret", 500)
    assert str(lambda_.ask().failure) == "It could not be reached."


@pytest.mark.parametrize(
    ("reply", "sentence", "kind"),
    [
        (answer({"response": "secret"}, FunctionError="Unhandled"), "It stopped with an error.", AgentFailed),
        ({"Payload": Body(ReadTimeoutError(endpoint_url=LAMBDA))}, "It did not answer in time.", AgentTimedOut),
        ({"Payload": Body(EndpointConnectionError(endpoint_url=LAMBDA))}, "It could not be reached.", AgentFailed),
        # No more of it is taken than Lambda passes on.
        ({"Payload": Body()}, "It gave an answer that could not be read.", AgentFailed),
    ],
    ids=["crashed", "too late", "broken off", "endless"],
)
def test_what_comes_back_and_is_no_answer_is_a_failure_in_our_words(reply, sentence, kind):
    lambda_ = Lambda()
    lambda_.stubber.add_response("invoke", reply)
    failure = lambda_.ask().failure
    assert (type(failure), str(failure)) == (kind, sentence)
    assert getattr(reply["Payload"], "bytes_read", 0) in {0, MAX_PAYLOAD_BYTES + 1}


def test_figures_that_are_dropped_cost_no_answer_and_are_logged_without_a_word_of_theirs(caplog):
    lambda_ = Lambda()
    lambda_.stubber.add_response("invoke", answer({"response": "Costs rose.", "data": [{"title": "secret"}]}))
    reason = "The contract has data[0] otherwise."
    assert lambda_.ask().answer == AgentAnswer("Costs rose.", None, reason)
    [record] = [each for each in caplog.records if each.message == "An agent's figures were dropped."]
    assert (record.agent, record.jobId, record.reason) == (COST, "job-1", reason)
    assert "secret" not in str(vars(record))


def throttle(lambda_, times):
    for _ in range(times):
        lambda_.stubber.add_client_error("invoke", "TooManyRequestsException", "Rate Exceeded.", 429)


def test_a_throttled_agent_is_asked_again_because_it_was_not_invoked():
    lambda_ = Lambda()
    throttle(lambda_, 3)
    lambda_.stubber.add_response("invoke", answer({"response": "Costs rose."}))
    outcome = lambda_.ask()
    assert outcome.answer.content == "Costs rose."
    # Half of 0.5, 1 and 2 seconds at least, and the whole of them at most.
    assert 1.75 <= outcome.seconds <= 3.5


def test_an_agent_that_is_throttled_until_its_deadline_has_timed_out():
    lambda_ = Lambda()
    # Pauses of 0.25 to 0.5, 0.5 to 1, 1 to 2 and 2 to 4 seconds: three always fit, and four never do.
    throttle(lambda_, 4)
    outcome = lambda_.ask(seconds=3.6)
    assert isinstance(outcome.failure, AgentTimedOut)
    assert outcome.seconds < 3.6


def test_a_throttled_agent_that_nobody_waits_for_any_more_is_not_asked_again():
    lambda_ = Lambda()
    # A second invocation would fail: the stub has no reply for it.
    throttle(lambda_, 1)
    release = threading.Event()
    lambda_.at_pause = lambda: release.wait(20) and None
    with lambda_.stubber:
        agents = Agents(lambda_, 0.01, lambda_.clock, lambda_._sleep)
        with agents.asked([COST], "Why?", "job-1", 60) as outcomes:
            assert next(outcomes) is None
        release.set()
        join_agents()


def asked(agents, time_limit=300.0):
    return agents.asked(list(agents.behaviours), "Why?", "job-1", time_limit)


def scripted(heartbeat=20.0, **behaviours):
    agents = ScriptedAgents(heartbeat)
    agents.behaviours = dict(behaviours)
    return agents


def test_all_agents_are_asked_at_once_and_each_once():
    all_there = threading.Barrier(3)

    def meet():
        all_there.wait(10)
        return AgentAnswer("Met.")

    agents = scripted(a=meet, b=meet, c=meet)
    with asked(agents) as outcomes:
        assert {outcome.agent: outcome.answer.content for outcome in outcomes} == dict.fromkeys("abc", "Met.")
    assert sorted(agents.invoked) == [(agent, "Why?", "job-1") for agent in "abc"]
    with asked(scripted()) as outcomes:
        assert list(outcomes) == []


def test_outcomes_come_as_they_come_with_a_heartbeat_for_silence(release):
    failure = AgentFailed("It stopped with an error.")
    with asked(scripted(0.01, slow=after(release, says("Late.")), broken=fails(failure))) as outcomes:
        assert next(outcomes) == Outcome("broken", None, failure, 0.0)
        assert [next(outcomes) for _ in range(3)] == [None, None, None]
        release.set()
        assert [each for each in outcomes if each is not None] == [Outcome("slow", AgentAnswer("Late."), None, 0.0)]


@pytest.mark.parametrize("time_limit", [300, -5])
def test_at_the_deadline_the_silent_have_timed_out_and_are_counted_once_though_they_end_later(
    measured, release, time_limit
):
    agents = scripted(0.01, slow=after(release, says("Late.")))
    with asked(agents, time_limit) as outcomes:
        if time_limit > 0:
            assert next(outcomes) is None
            assert not agents.stopped[0].is_set()
            agents.clock.now += time_limit
        outcome = next(each for each in outcomes if each is not None)
        assert (outcome.agent, outcome.answer, type(outcome.failure)) == ("slow", None, AgentTimedOut)
        assert list(outcomes) == []
    # Its thread learns that nobody waits for it.
    assert all(stopped.is_set() for stopped in agents.stopped)
    agents.clock.now += 5000
    release.set()
    join_agents()
    assert measured() == [
        Measurement(metrics.AGENT_TIME, "Seconds", max(0, time_limit), "slow"),
        Measurement(metrics.AGENT_FAILURES, "Count", 1.0, "slow"),
    ]
