"""resume_job, cancel_job and list_jobs: what a user does with jobs that are there."""

import base64
import json
from itertools import accumulate

from aws_lambda_powertools import Logger

from finops_websocket.connections.identity import Connection, identify_verified, may_see
from finops_websocket.delivery import messages
from finops_websocket.errors import InvalidMessage, JobFinished, JobNotFound
from finops_websocket.jobs.job import CANCELLED, Job
from finops_websocket.jobs.store import Page, Start
from finops_websocket.wire.client_messages import CancelJob, ListJobs, ResumeJob
from finops_websocket.wire.server_messages import JobList
from finops_websocket.wire.size import MAX_TEXT_BYTES
from message_handler.services import MessageHandlerServices

logger = Logger(child=True)

# Of another's job nobody learns that it exists.
NOT_FOUND = "There is no such job, or it is not yours."

# The contract's bound of a job's id.
_JOB_ID_CHARACTERS = 128

# What DynamoDB compares as a number and every JSON reader keeps exactly.
_MOST_SECONDS = 2**53


def resume_job(services: MessageHandlerServices, connection: Connection, message: ResumeJob) -> None:
    """Send a job's whole state, and let the connection follow it from there.

    Raises a RequestError if the connection may not see the job, NotSent if the state could not be sent.
    """
    found = services.stuck_jobs.recover(_visible_job(services, connection, message.job_id))
    # Followed before it is read for the snapshot: a step between the two would be seen by nobody otherwise.
    job = services.jobs.follow(found.job_id, found.user_id, connection.connection_id)
    if job is None:
        # Its time has run out since it was found.
        raise JobNotFound(NOT_FOUND)
    logger.append_keys(userId=job.user_id, jobId=job.job_id)
    services.delivery.send_snapshot(connection.connection_id, job)
    logger.info("A job was resumed.", status=job.status, seq=job.seq)


def cancel_job(services: MessageHandlerServices, connection: Connection, message: CancelJob) -> None:
    """End a job without an answer, and tell everybody who follows it.

    Raises a RequestError if the connection may not see the job, or it has ended otherwise.
    """
    found = _visible_job(services, connection, message.job_id)
    logger.append_keys(userId=found.user_id, jobId=found.job_id)
    # The job as it is after this: its worker may have ended it since it was found.
    job = services.jobs.cancel(found.job_id, found.user_id)
    if job is None:
        raise JobNotFound(NOT_FOUND)
    if job.status != CANCELLED:
        raise JobFinished(f"The job cannot be cancelled: it is {job.status} already.")
    services.delivery.tell_end(connection.connection_id, job)
    logger.info("A job was cancelled.", seq=job.seq)


def list_jobs(services: MessageHandlerServices, connection: Connection, message: ListJobs) -> None:
    """Send a page of the user's jobs, newest first.

    Raises Unauthenticated or SessionExpired without a token that counts, whatever the mode: a claimed user's jobs would
    be anybody's. Raises InvalidMessage for a cursor that is none.
    """
    user_id = identify_verified(connection, services.jobs.now())
    logger.append_keys(userId=user_id)
    start = None if message.cursor is None else decode_cursor(message.cursor)
    page = _cut_to_fit(services.jobs.page_of(user_id, message.limit, start))
    services.channel.send(
        connection.connection_id,
        JobList(
            jobs=tuple(map(messages.job_summary, page.jobs)),
            cursor=None if page.next_start is None else encode_cursor(page.next_start),
        ),
    )
    logger.info("Jobs were listed.", jobs=len(page.jobs))


def encode_cursor(start: Start) -> str:
    """Give the cursor of a place in a list: letters, digits, hyphens, underscores and equals signs. Pure.

    It says nothing of the user, so whoever sends it gets jobs of their own only.
    """
    place = json.dumps([start.created_at, start.job_id], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(place.encode()).decode("ascii")


def decode_cursor(cursor: str) -> Start:
    """Read a cursor; raise InvalidMessage for anything that encode_cursor does not give. Pure."""
    try:
        created_at, job_id = json.loads(base64.urlsafe_b64decode(cursor))
        start = Start(created_at, job_id)
        is_a_place = type(created_at) is int and 0 <= created_at < _MOST_SECONDS
        is_a_place &= type(job_id) is str and 0 < len(job_id) <= _JOB_ID_CHARACTERS
        # Many texts decode to the same place; one of them is its cursor.
        if is_a_place and encode_cursor(start) == cursor:
            return start
    except (ValueError, TypeError, RecursionError):
        pass
    raise InvalidMessage("The cursor is none that a job list had.")


def _visible_job(services: MessageHandlerServices, connection: Connection, job_id: str) -> Job:
    """Find a job that a connection may see.

    Raises JobNotFound if there is none or it is another's, Unauthenticated or SessionExpired if the connection has not
    shown who is asking.
    """
    job = services.jobs.find(job_id)
    owner = None if job is None else job.user_id
    if not may_see(services.auth_mode, connection, owner, services.jobs.now()) or job is None:
        raise JobNotFound(NOT_FOUND)
    return job


def _cut_to_fit(page: Page) -> Page:
    """Leave out a page's last jobs, for the next page, if all do not fit into a message. Pure.

    One always fits: a question has at most 4,000 characters, of at most 6 bytes each as JSON.
    """
    lines = (json.dumps(messages.job_summary(job).to_wire(), ensure_ascii=False) for job in page.jobs)
    sizes = accumulate(len(line.encode()) + 1 for line in lines)
    fitting = sum(size <= MAX_TEXT_BYTES for size in sizes)
    if fitting == len(page.jobs):
        return page
    last = page.jobs[fitting - 1]
    return Page(page.jobs[:fitting], Start(last.created_at, last.job_id))
