"""What a client does with jobs that are there already: follow, cancel, list."""

import asyncio
import json
from typing import Any

import pytest

from finops_client import FinopsClient
from finops_client.errors import JobNotFound
from finops_client.events import JobCancelled
from unit.finops_client import protocol_messages as say
from unit.finops_client.quick_client import asked, client_of, followed, kinds_of
from unit.finops_client.recording_server import RecordingServer, in_turn, sending, silence, then_cut

NOT_FOUND = say.error(code="JOB_NOT_FOUND", message="There is no such job.")
RESUMED = ["JobSnapshot", "AnalysisStarted", "AgentCompleted", "AgentCompleted", "JobCompleted"]


async def test_jobs_followed_side_by_side_get_their_own_refusals() -> None:
    async def answer(socket: Any, received: say.Message) -> None:
        await asyncio.sleep(0.01)
        state = say.job_snapshot(jobId=received["jobId"], status="cancelled")
        await socket.send(json.dumps(NOT_FOUND if received["jobId"] == "gone" else state))

    async with RecordingServer(resume_job=answer) as server, client_of(server) as client:
        names = ["job-1", "gone", "job-2", "job-2"]
        found = await asyncio.gather(*(followed(client, name) for name in names), return_exceptions=True)
    assert [type(one) for one in found] == [list, JobNotFound, list, list]


async def test_a_question_and_a_follower_of_one_job_both_get_it_all() -> None:
    async with RecordingServer(finops_query=sending(say.job_queued())) as server, client_of(server) as client:
        asking = asyncio.create_task(asked(client))
        await server.until(lambda: "finops_query" in server.actions())
        server.answers["resume_job"] = sending(say.job_snapshot(), *say.WHOLE_JOB[3:])
        assert kinds_of(await followed(client)) == RESUMED
        assert kinds_of(await asking) == ["JobQueued", *RESUMED]


async def test_a_cancellation_is_tried_again_after_a_lost_line() -> None:
    cancel = in_turn(then_cut(silence), sending(say.error(code="INTERNAL")), sending(say.job_cancelled()))
    async with RecordingServer(cancel_job=cancel) as server, client_of(server) as client:
        assert isinstance(await asyncio.wait_for(client.cancel("job-1"), 20), JobCancelled)
    assert server.actions().count("cancel_job") == 3


async def list_jobs(socket: Any, received: say.Message) -> None:
    """Pages of at most two jobs out of five."""
    start = int(received.get("cursor", 0))
    jobs = [
        say.job_summary(jobId=f"job-{number}") for number in range(start, min(5, start + min(2, received["limit"])))
    ]
    more = {"cursor": str(start + len(jobs))} if start + len(jobs) < 5 else {}
    await socket.send(json.dumps(say.job_list(jobs=jobs, **more)))


async def listed(client: FinopsClient, limit: int | None) -> list[str]:
    async with asyncio.timeout(20):
        return [job.job_id async for job in client.jobs(limit)]


@pytest.mark.parametrize(("limit", "pages"), [(None, 3), (1, 1), (2, 1), (3, 2), (50, 3), (99, 3)])
async def test_jobs_are_listed_over_all_pages(limit: int | None, pages: int) -> None:
    async with RecordingServer(list_jobs=list_jobs) as server, client_of(server) as client:
        assert await listed(client, limit) == [f"job-{number}" for number in range(min(5, limit or 5))]
    limits = [message["limit"] for message in server.received[1:]]
    assert (len(limits), limits[0]) == (pages, min(50, limit or 50))
    assert "cursor" not in server.received[1]


async def test_a_server_that_gives_more_than_was_asked_for_is_cut_short() -> None:
    many = sending(say.job_list(jobs=[say.job_summary()] * 5, cursor="more"))
    async with RecordingServer(list_jobs=many) as server, client_of(server) as client:
        assert len(await listed(client, 3)) == 3
    assert server.actions().count("list_jobs") == 1
