"""Telling clients about a job: its agents' answers, what each message says, each step and the end to who follows."""

import itertools
import json
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from background_processor.figures import MAX_FIGURES_BYTES
from contract_schema import assert_valid
from finops_websocket.connections.channel import Posted
from finops_websocket.delivery import messages
from finops_websocket.jobs.answers import FAILED as UNANSWERED
from finops_websocket.jobs.answers import AnswerStore, compose, text_of
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED
from finops_websocket.wire.server_messages import JobCancelled
from finops_websocket.wire.size import MAX_MESSAGE_BYTES, MAX_TEXT_BYTES, first_part, fits, wire_bytes
from unit.doubles.sample_figures import FORECAST
from unit.doubles.sample_jobs import COST, SAVINGS, a_job, an_answer, store, stored
from unit.doubles.stored_items import items_in

FOLLOWERS = ("connection-1", "connection-2", "connection-3")
END = JobCancelled("job-1", 1_000_000, 7)

job_numbers = itertools.count()


@pytest.fixture(autouse=True)
def all_signed_in(signed_in):
    for connection_id in FOLLOWERS:
        signed_in(connection_id)


def followed(services, status=PROCESSING, **changes):
    """Store a job that all three follow."""
    return store(services.jobs, status=status, seq=7, **{"followers": frozenset(FOLLOWERS), **changes})


def test_a_step_is_sent_to_every_follower_and_only_the_gone_are_forgotten(services):
    job = followed(services)
    step = messages.progress_update(job)
    assert services.delivery.broadcast(job, step)
    assert sorted(services.channel.sent, key=str) == [(connection_id, step) for connection_id in FOLLOWERS]
    assert stored(services.jobs) == job
    services.channel.results = {"connection-1": Posted.GONE, "connection-2": Posted.FAILED}
    assert not services.delivery.broadcast(job, step)
    assert len(services.channel.sent) == 6
    assert stored(services.jobs).followers == {"connection-2", "connection-3"}
    assert services.connections.find("connection-1") is None
    assert services.connections.find("connection-2")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries({follower: st.sampled_from(Posted) for follower in FOLLOWERS}), max_size=4))
def test_each_follower_is_told_the_end_once_however_often_it_takes(services, attempts):
    job = followed(services, CANCELLED, job_id=f"job-{next(job_numbers)}")
    left = set(FOLLOWERS)
    for results in attempts:
        services.channel.results = dict(results)
        services.channel.sent.clear()
        all_know = services.delivery.broadcast(job, END)
        assert {receiver for receiver, _ in services.channel.sent} == left
        left = {follower for follower in left if results[follower] is Posted.FAILED}
        assert all_know is (not left)
        job = stored(services.jobs, job.job_id)
        assert (job.followers, job.is_open) == (left, bool(left))


@pytest.mark.parametrize("status", [QUEUED, PROCESSING, FAILED])
def test_a_job_that_goes_on_has_no_end_and_one_that_nobody_follows_is_closed_without_a_word(services, status):
    job = followed(services, status, followers=frozenset() if status == FAILED else frozenset(FOLLOWERS))
    services.delivery.announce_end(job)
    assert services.channel.sent == []
    assert stored(services.jobs) == replace(job, is_open=status != FAILED)


@pytest.mark.parametrize("asker", ["connection-1", "connection-9"])
def test_who_asks_for_an_end_and_all_who_follow_are_told_it_once_each(services, asker):
    job = followed(services, CANCELLED)
    services.channel.results["connection-2"] = Posted.FAILED
    services.delivery.tell_end(asker, job)
    for connection_id in {*FOLLOWERS, asker}:
        assert services.channel.kinds_to(connection_id) == ["job_cancelled"]
    # It is left to the sweep, and no failure of the asker's.
    assert (stored(services.jobs).followers, stored(services.jobs).is_open) == ({"connection-2"}, True)


# The messages about a job: each says what is stored, and fits, whatever its texts are.

PROCESSED = a_job(status=PROCESSING, progress=52, seq=4, updated_at=1_000_060, completed_agents=(COST,))
DONE = replace(PROCESSED, status=COMPLETED, progress=100, completed_agents=(SAVINGS, COST), message="Ready.")
COSTS, ADVICE = an_answer(), an_answer(SAVINGS, "Delete the disk.")
LATE = an_answer(SAVINGS, "Late.", UNANSWERED)
BROKEN = an_answer(COST, "Broken.", UNANSWERED)


def wire_of(message):
    """Give a message as a client reads it."""
    wire = json.loads(message.encode())
    assert_valid(wire)
    return wire


def snapshot(job, answers):
    return wire_of(messages.job_snapshot(job, answers.find(job), answers))


def test_a_completed_job_s_snapshot_holds_what_job_completed_said(answers):
    job = replace(DONE, partial=True)
    answers.put(job, COSTS)
    answers.put(job, LATE)
    now = snapshot(job, answers)
    assert now["result"] == wire_of(messages.end_of(job, answers))["result"]
    assert (now["result"]["agent"], now["result"]["agents_invoked"]) == (COST, [COST, SAVINGS])
    # In the order in which they came in, as a client has seen them.
    told = [(result["agent"], result["status"]) for result in now["results"]]
    assert told == [(SAVINGS, "failed"), (COST, "completed")]


@pytest.mark.parametrize("changes", [{"error": "It failed.", "code": "INTERNAL"}, {"message": "It failed."}])
def test_a_failed_job_says_why_also_one_of_an_earlier_release(answers, changes):
    job = replace(PROCESSED, status=FAILED, request_id="request-1", **changes)
    for message in (snapshot(job, answers), wire_of(messages.end_of(job, answers))):
        assert (message["error"], message["code"], message["seq"]) == ("It failed.", "INTERNAL", 4)
        assert "result" not in message


def test_titles_are_those_of_when_the_question_was_asked_and_an_earlier_release_s_job_has_none(answers):
    titles = {COST: "Cost analysis", SAVINGS: "Optimisation"}
    older = replace(PROCESSED, titles=())
    assert snapshot(PROCESSED, answers)["titles"] == wire_of(messages.analysis_started(PROCESSED))["titles"] == titles
    for message in (snapshot(older, answers), wire_of(messages.analysis_started(older))):
        assert "titles" not in message


PARTIAL = "> **This answer is partial.**"


@pytest.mark.parametrize(
    ("answers_there", "response"),
    [
        ([COSTS], "Costs rose."),
        ([ADVICE, COSTS], f"## Title of {SAVINGS}\n\nDelete the disk.\n\n## Title of {COST}\n\nCosts rose."),
        ([LATE, COSTS], f"## Title of {COST}\n\nCosts rose.\n\n{PARTIAL} Title of {SAVINGS}: Late."),
        ([BROKEN, LATE], f"{PARTIAL} Title of {COST}: Broken. Title of {SAVINGS}: Late."),
    ],
)
def test_the_response_is_what_was_answered_and_then_what_is_missing(answers_there, response):
    assert compose(answers_there) == response


class KeptTexts(AnswerStore):
    """Keeps texts in memory, and makes links as long as a session's token makes them."""

    def __init__(self):
        self.kept = {}

    def store(self, job, answer):
        """Store an answer as `put` does, and give it as it can be sent."""
        if fits(answer.content):
            return answer
        self.kept[messages.text_of(job, answer).key] = answer.content
        return replace(answer, content=first_part(answer.content), is_large=True)

    def link(self, text):
        if not text.is_stored:
            self.kept[text.key] = text.beginning
        return f"https://bucket.example.com/{text.key}?".ljust(2_000, "x")

    def behind(self, link):
        return self.kept[unquote(urlsplit(link).path[1:])]


def figures_of(size):
    """Give figures of so many bytes as an agent's answer has them stored; None for 0."""
    figure = {"title": "Costs", "columns": [{"key": "a", "label": "A", "type": "text"}], "rows": [{"a": ""}]}
    around = len(json.dumps([figure], separators=(",", ":")))
    figure["rows"][0]["a"] = "x" * (size - around)
    return json.dumps([figure], separators=(",", ":")) if size else None


FIGURE_SIZES = st.sampled_from([0, 200, MAX_FIGURES_BYTES]) | st.integers(200, MAX_FIGURES_BYTES)
UNITS = st.sampled_from(["a", "\n", "é", '"', "😀", "\x01", "a😀\x01"])
SIZES = st.integers(1, 4) | st.sampled_from([42_000, MAX_TEXT_BYTES - 2, MAX_TEXT_BYTES]) | st.integers(1, 150_000)
TEXTS = st.builds(lambda unit, size: (unit * size)[:size], UNITS, SIZES)
GREATEST = "\x01" * MAX_TEXT_BYTES


@settings(max_examples=60)
@given(
    texts=st.tuples(TEXTS, TEXTS),
    sizes=st.tuples(FIGURE_SIZES, FIGURE_SIZES),
    late=st.booleans(),
    query=TEXTS.map(lambda text: text[:4_000]),
)
@example(texts=(GREATEST, GREATEST), sizes=(MAX_FIGURES_BYTES,) * 2, late=False, query="\x01" * 4_000)
@example(texts=("a" * (MAX_TEXT_BYTES - 2), "b"), sizes=(MAX_FIGURES_BYTES,) * 2, late=False, query="q")
@example(texts=("a" * 2 * MAX_TEXT_BYTES, "b"), sizes=(0, 0), late=True, query="q")
def test_every_message_fits_and_every_text_is_whole_or_behind_its_link(texts, sizes, late, query):
    answers = KeptTexts()
    job = replace(DONE, query=query, partial=late)
    data = dict(zip((COST, SAVINGS), map(figures_of, sizes), strict=True))
    whole = {
        COST: replace(COSTS, content=texts[0], data=data[COST]),
        SAVINGS: LATE if late else replace(ADVICE, content=texts[1], data=data[SAVINGS]),
    }
    found = {agent: answers.store(job, answer) for agent, answer in whole.items()}
    response = compose([whole[COST], whole[SAVINGS]])
    if not fits(response):
        # As the worker does that ends the job.
        answers.kept[messages.response_of(job, [whole[COST], whole[SAVINGS]]).key] = response

    def is_there(part, name, text):
        """Tell whether a message's part has a text, whole or behind a link."""
        if "responseUrl" not in part:
            return bool(part[name] == text)
        return len(part[name]) > 1 and text.startswith(part[name]) and answers.behind(part["responseUrl"]) == text

    sent = [messages.agent_completed(job, found[agent], answers) for agent in found]
    sent += [messages.job_completed(job, found, answers), messages.job_snapshot(job, found, answers)]
    assert all(len(message.encode()) <= MAX_MESSAGE_BYTES for message in sent)
    *completed, end, now = map(wire_of, sent)
    for result in [*(message["result"] for message in completed), *now["results"]]:
        assert is_there(result, "content", whole[result["agent"]].content)
    for result in (end["result"], now["result"]):
        assert is_there(result, "response", response)
    # What fits alone is sent whole, and figures always are.
    for result in (each["result"] for each in completed):
        answer = found[result["agent"]]
        together = wire_bytes(answer.content) + len(answer.data or "")
        if answer.is_large or together > MAX_MESSAGE_BYTES:
            assert "responseUrl" in result
        elif answer.data is None or together < MAX_MESSAGE_BYTES - 5_000:
            assert "responseUrl" not in result
        assert result.get("data") == (answer.data and json.loads(answer.data))
    # A state has the figures of all, unless the question takes their room; those of who has answered first are there.
    first, *others = now["results"]
    assert first.get("data") == (found[first["agent"]].data and json.loads(found[first["agent"]].data))
    for result in others:
        kept = found[result["agent"]].data
        assert result.get("data") == (kept and json.loads(kept)) or ("data" not in result and wire_bytes(query) > 9_000)
    assert ("responseUrl" in end["result"]) == (not fits(response))


@pytest.mark.parametrize(("query", "kept"), [("Why?", 2), ("\x01" * 4_000, 1)], ids=["short", "long"])
def test_of_several_agents_figures_the_last_are_left_out_so_that_something_of_each_text_is_there(query, kept):
    agents = ("first", "second", "third")
    job = replace(DONE, query=query, agents=agents, completed_agents=agents)
    answers = KeptTexts()
    found = {
        agent: answers.store(job, an_answer(agent, "a" * 2 * MAX_TEXT_BYTES, data=figures_of(MAX_FIGURES_BYTES)))
        for agent in agents
    }
    message = messages.job_snapshot(job, found, answers)
    assert len(message.encode()) <= MAX_MESSAGE_BYTES
    now = wire_of(message)
    assert ["data" in result for result in now["results"]] == [True] * kept + [False] * (3 - kept)
    texts = [*(result["content"] for result in now["results"]), now["result"]["response"]]
    assert min(map(len, texts)) > 4_000


# What agents answered: kept with the job, the large ones in the bucket, the first one for good.


JOB = a_job()
SMALL = an_answer(content="# Überblick\n\n😀 \x00 日本", data=json.dumps([FORECAST], ensure_ascii=False))
UNTIMELY = an_answer(SAVINGS, "It did not answer in time.", UNANSWERED, timed_out=True)
LARGE_TEXT = "# Überblick\n" + "0123456789\n" * 12_000
LARGE = replace(SMALL, content=LARGE_TEXT)
OTHER_TEXT = LARGE_TEXT.replace("0", "9")
KEY = f"jobs/job-1/{COST}.md"


@pytest.fixture
def kept(s3, bucket_name):
    """Reads the text under a key of the bucket."""
    return lambda key: s3.get_object(Bucket=bucket_name, Key=key)["Body"].read().decode()


def test_answers_are_found_by_agent_and_go_with_their_job(answers, s3, bucket_name):
    assert answers.find(JOB) == {}
    for answer in (SMALL, UNTIMELY, SMALL):
        assert answers.put(JOB, answer) == answer
    answers.put(a_job(job_id="job-2", ttl=3_000_000), UNTIMELY)
    assert answers.find(JOB) == {COST: SMALL, SAVINGS: UNTIMELY}
    assert answers.with_whole_content(JOB, SMALL) == SMALL
    assert [int(item["ttl"]) for item in items_in(answers._table)] == [JOB.ttl, JOB.ttl, 3_000_000]
    # A small answer needs no bucket.
    assert s3.list_objects_v2(Bucket=bucket_name)["KeyCount"] == 0


@pytest.mark.parametrize("first", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    "late", [replace(UNTIMELY, agent=COST), replace(LARGE, content=OTHER_TEXT)], ids=["small", "large"]
)
def test_the_first_answer_counts_whatever_an_overtaken_worker_brings(answers, first, late):
    stored = answers.put(JOB, first)
    assert answers.put(JOB, late) == stored
    assert answers.find(JOB) == {COST: stored}
    assert answers.with_whole_content(JOB, stored).content == first.content


def test_the_first_text_in_the_bucket_counts_though_its_worker_died_before_it_was_an_answer(answers, s3, bucket_name):
    s3.put_object(Bucket=bucket_name, Key=KEY, Body=LARGE_TEXT.encode())
    stored = answers.put(JOB, replace(LARGE, content=OTHER_TEXT))
    # Figures that belong to another text would say something else than this one.
    assert stored == replace(LARGE, content=first_part(LARGE_TEXT), data=None, is_large=True)
    assert answers.with_whole_content(JOB, stored).content == LARGE_TEXT


@pytest.mark.parametrize("answer", [SMALL, LARGE], ids=["small", "large"])
def test_a_link_is_to_the_whole_of_that_text_alone_and_for_an_hour(answers, kept, s3, bucket_name, answer):
    stored = answers.put(JOB, answer)
    for _ in range(2):
        link = answers.link(text_of(JOB, stored))
    assert bucket_name in link
    assert f"/{KEY}?" in link
    assert "X-Amz-Expires=3600" in link
    assert kept(KEY) == answer.content
    # A browser is told that it is markdown in UTF-8.
    assert s3.head_object(Bucket=bucket_name, Key=KEY)["ContentType"] == "text/markdown; charset=utf-8"
