"""list_jobs: a user's jobs, newest first, a page at a time."""

import json
from itertools import accumulate

from aws_lambda_powertools import Logger

from finops_websocket.client_channel import ClientChannel
from finops_websocket.client_messages import ListJobs
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.identity import identify_verified
from finops_websocket.job import Job
from finops_websocket.job_history import JobHistory, Page, Start
from finops_websocket.job_store import JobStore
from finops_websocket.message_size import MAX_TEXT_BYTES
from finops_websocket.server_messages import JobList, JobSummary
from message_handler import job_cursor

logger = Logger(child=True)


class SendPage:
    """Sends a page of the asker's jobs."""

    def __init__(
        self, connections: ConnectionStore, jobs: JobStore, history: JobHistory, channel: ClientChannel
    ) -> None:
        """Keep what is needed."""
        self._connections = connections
        self._jobs = jobs
        self._history = history
        self._channel = channel

    def __call__(self, connection_id: str, message: ListJobs) -> None:
        """Serve list_jobs.

        Raises Unauthenticated or SessionExpired without a token that counts, whatever the mode: a claimed user's jobs
        would be anybody's. Raises InvalidMessage for a cursor that is none.
        """
        user_id = identify_verified(self._connections.find(connection_id), self._jobs.now())
        logger.append_keys(userId=user_id)
        start = None if message.cursor is None else job_cursor.decode(message.cursor)
        page = cut_to_fit(self._history.page_of(user_id, message.limit, start))
        self._channel.send(
            connection_id,
            JobList(
                jobs=tuple(_summary(job) for job in page.jobs),
                cursor=None if page.next_start is None else job_cursor.encode(page.next_start),
            ),
        )
        logger.info("Jobs were listed.", jobs=len(page.jobs))


def cut_to_fit(page: Page) -> Page:
    """Leave out a page's last jobs, for the next page, if all do not fit into a message. Pure.

    One always fits: a question has at most 4,000 characters, of at most 6 bytes each as JSON.
    """
    sizes = accumulate(len(json.dumps(_summary(job).to_wire(), ensure_ascii=False).encode()) + 1 for job in page.jobs)
    fitting = sum(size <= MAX_TEXT_BYTES for size in sizes)
    if fitting == len(page.jobs):
        return page
    last = page.jobs[fitting - 1]
    return Page(page.jobs[:fitting], Start(last.created_at, last.job_id))


def _summary(job: Job) -> JobSummary:
    return JobSummary(
        job_id=job.job_id,
        status=job.status,
        progress=job.progress,
        query=job.query,
        created_at=job.created_at,
        updated_at=job.updated_at,
        seq=job.seq,
    )
