"""What the functions work with, put together from their settings: the one place that knows what needs what."""

from dataclasses import dataclass
from functools import cache, partial

from finops_websocket import aws_clients
from finops_websocket.connections.channel import ClientChannel
from finops_websocket.connections.rate_limit import RateLimiter
from finops_websocket.connections.store import ConnectionStore
from finops_websocket.delivery.delivery import Delivery
from finops_websocket.delivery.stuck_jobs import StuckJobs
from finops_websocket.jobs.answers import AnswerStore
from finops_websocket.jobs.queue import JobQueue
from finops_websocket.jobs.store import JobStore
from finops_websocket.settings import FunctionSettings


@dataclass(frozen=True, kw_only=True)
class Services:
    """What each function works with: the stores, the queue, the way back to the clients, and what uses all of them."""

    channel: ClientChannel
    connections: ConnectionStore
    jobs: JobStore
    answers: AnswerStore
    queue: JobQueue
    delivery: Delivery
    stuck_jobs: StuckJobs

    @classmethod
    def over(
        cls,
        channel: ClientChannel,
        connections: ConnectionStore,
        jobs: JobStore,
        answers: AnswerStore,
        queue: JobQueue,
        stuck_after: int,
    ) -> "Services":
        """Make them over what touches AWS; a job is stuck when nobody had it for `stuck_after` seconds."""
        delivery = Delivery(channel, jobs, answers, connections)
        return Services(
            channel=channel,
            connections=connections,
            jobs=jobs,
            answers=answers,
            queue=queue,
            delivery=delivery,
            stuck_jobs=StuckJobs(jobs, queue, delivery, stuck_after),
        )


@dataclass(frozen=True, kw_only=True)
class FrameServices(Services):
    """What a function that serves clients' frames works with besides."""

    auth_mode: str
    rate_limiter: RateLimiter


def services_of(settings: FunctionSettings, attempts: int = aws_clients.PROMPT) -> Services:
    """Make the services of a function with these settings, which tries each of its calls so often. No call to AWS."""
    jobs_table = aws_clients.table(settings.jobs_table, attempts)
    return Services.over(
        aws_clients.client_channel(settings.management_endpoint),
        ConnectionStore(aws_clients.table(settings.connections_table, attempts)),
        JobStore(jobs_table),
        AnswerStore(jobs_table, cache(partial(aws_clients.s3, attempts)), settings.results_bucket),
        JobQueue(partial(aws_clients.sqs, attempts), settings.processing_queue_url),
        settings.stuck_job_seconds,
    )
