"""The ask command with --resume, --cancel and --list."""

import json

import pytest

from finops_client.exit_codes import ExitCode
from unit.finops_client import protocol_messages as say
from unit.finops_client.recording_server import Answer, RecordingServer, sending, silence
from unit.finops_client.test_ask import Run

NOT_FOUND = sending(say.error(code="JOB_NOT_FOUND", message="There is no such job."))
DONE = say.job_snapshot(status="completed", progress=100, message="Done", result=say.job_result(), seq=6)


async def test_a_job_is_taken_up_with_the_same_progress_and_answer() -> None:
    resumed = sending(say.job_snapshot(), *say.WHOLE_JOB[3:])
    async with RecordingServer(resume_job=resumed) as server:
        run = Run(server, what="--resume job-1")
        assert await run() == ExitCode.COMPLETE
    assert run.out == say.job_result()["response"] + "\n"
    assert run.err.splitlines() == [
        "[ 50%] Working",
        f"[ 90%] {say.AGENTS[1]} completed (2 of 2)",
        "[100%] Answer complete",
    ]


async def test_a_finished_job_is_read() -> None:
    async with RecordingServer(resume_job=sending(DONE)) as server:
        run = Run(server, "--json", what="--resume job-1")
        assert await run() == ExitCode.COMPLETE
    assert [json.loads(line)["type"] for line in run.out.splitlines()] == [
        *("job_snapshot", "analysis_started", "agent_completed", "job_completed")
    ]


async def test_a_job_that_is_not_there_does_not_go_on() -> None:
    async with RecordingServer(resume_job=NOT_FOUND) as server:
        run = Run(server, "--quiet", what="--resume job-1")
        assert await run() == ExitCode.FAILED
    assert (run.out, run.err) == ("", "There is no such job.\n")


@pytest.mark.parametrize("answer", [sending(say.job_snapshot()), silence])
async def test_a_job_that_does_not_end_in_time_goes_on(answer: Answer) -> None:
    async with RecordingServer(resume_job=answer) as server:
        run = Run(server, "--timeout", "0.3", what="--resume job-1")
        assert await run() == ExitCode.TIMED_OUT
    assert "ask --resume job-1" in run.err


@pytest.mark.parametrize("arguments", [[], ["--quiet"], ["--json"]])
async def test_a_job_is_cancelled(arguments: list[str]) -> None:
    async with RecordingServer(cancel_job=sending(say.job_cancelled())) as server:
        run = Run(server, *arguments, what="--cancel job-1")
        assert await run() == ExitCode.COMPLETE
    assert run.out == (json.dumps(say.job_cancelled()) + "\n" if "--json" in arguments else "")
    assert run.err == ("" if "--quiet" in arguments else "The job is cancelled.\n")


async def test_a_job_that_has_ended_is_not_cancelled() -> None:
    refusal = sending(say.error(code="JOB_FINISHED", message="The job has ended."))
    async with RecordingServer(cancel_job=refusal) as server:
        run = Run(server, what="--cancel job-1")
        assert await run() == ExitCode.FAILED
    assert run.err == "The job has ended.\n"


async def test_jobs_are_listed_a_line_each() -> None:
    async with RecordingServer(list_jobs=sending(say.job_list())) as server:
        run = Run(server, "--limit", "3", what="--list")
        assert await run() == ExitCode.COMPLETE
        as_json = Run(server, "--json", what="--list")
        assert await as_json() == ExitCode.COMPLETE
    assert run.out == "job-1\tcompleted\t1970-01-01T00:00:01Z\tWhy?\n"
    assert [json.loads(line) for line in as_json.out.splitlines()] == say.job_list()["jobs"]
    assert [message["limit"] for message in server.received if message["action"] == "list_jobs"] == [3, 20]


async def test_no_jobs() -> None:
    async with RecordingServer(list_jobs=sending(say.job_list(jobs=[]))) as server:
        run = Run(server, what="--list")
        assert await run() == ExitCode.COMPLETE
    assert (run.out, run.err) == ("", "There are no jobs.\n")


async def test_a_list_without_proof_of_who_asks_is_refused() -> None:
    refusal = sending(say.error(code="UNAUTHENTICATED", message="Please sign in."))
    async with RecordingServer(list_jobs=refusal) as server:
        run = Run(server, what="--list")
        assert await run() == ExitCode.NOT_AUTHENTICATED
    assert run.err == "Not authenticated: Please sign in.\n"
