"""What each function does with jobs, put together from its settings: the one place that knows what needs what."""

from dataclasses import dataclass

from finops_websocket import aws_clients
from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.answer_store import AnswerStore
from finops_websocket.broadcast import Broadcast
from finops_websocket.client_channel import ClientChannel
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.job_history import JobHistory
from finops_websocket.job_queue import JobQueue
from finops_websocket.job_store import JobStore
from finops_websocket.job_table import JobTable
from finops_websocket.overdue import OverdueJobs
from finops_websocket.results_bucket import ResultsBucket
from finops_websocket.settings import FunctionSettings


@dataclass(frozen=True)
class JobServices:
    """The stores, the queue, the way back to the clients, and what is done with all of them."""

    channel: ClientChannel
    connections: ConnectionStore
    job_table: JobTable
    jobs: JobStore
    history: JobHistory
    answers: AnswerStore
    queue: JobQueue
    broadcast: Broadcast
    announce_end: AnnounceEnd
    overdue_jobs: OverdueJobs

    @classmethod
    def of_stack(cls, settings: FunctionSettings, attempts: int = aws_clients.PROMPT) -> "JobServices":
        """Make them for a function with these settings, which tries each of its calls so often. No call to AWS."""
        channel = aws_clients.client_channel(settings.management_endpoint)
        connections = ConnectionStore(aws_clients.table(settings.connections_table, attempts))
        table = aws_clients.table(settings.jobs_table, attempts)
        job_table = JobTable(table)
        jobs = JobStore(job_table)
        answers = AnswerStore(table, ResultsBucket(aws_clients.s3(attempts), settings.results_bucket))
        queue = JobQueue(aws_clients.sqs(attempts), settings.processing_queue_url)
        broadcast = Broadcast(channel, jobs, connections)
        announce_end = AnnounceEnd(answers, broadcast)
        return cls(
            channel=channel,
            connections=connections,
            job_table=job_table,
            jobs=jobs,
            history=JobHistory(job_table),
            answers=answers,
            queue=queue,
            broadcast=broadcast,
            announce_end=announce_end,
            overdue_jobs=OverdueJobs(jobs, queue, announce_end, settings.stuck_job_seconds),
        )
