"""A message of the processing queue: its job is claimed, its agents are asked, and each step is stored, then sent."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools import Logger

from background_processor.agents import Outcome
from background_processor.queue_message import QueueMessage
from background_processor.services import BackgroundProcessorServices
from finops_websocket.delivery import messages
from finops_websocket.errors import AgentTimedOut, EndNotTold, JobEnded, JobHeldElsewhere, NotAJob
from finops_websocket.jobs import answers
from finops_websocket.jobs.answers import Answer
from finops_websocket.jobs.job import Job
from finops_websocket.jobs.queue import job_id_of
from finops_websocket.wire.server_messages import ServerMessage

logger = Logger(child=True)

# How far a job is, in percent; a queued one has 5, a completed one 100. Between the two each agent has an equal share.
STARTED = 10
ALL_ANSWERED = 90

# What goes on while a job is claimed.
_BESIDE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside")

# Seconds until a client that could not be told an end is tried again: throttles pass in less.
_TELL_AGAIN_AFTER = 5


def serve_queued_job(
    services: BackgroundProcessorServices, message: QueueMessage, worker: str, time_limit: float
) -> None:
    """Process a message's job in a worker's name; its agents have `time_limit` seconds.

    Raises EndNotTold or JobHeldElsewhere if the message must come again, and NotAJob of one that names no job: it comes
    again too, until the queue gives it up to the dead-letter queue.
    """
    try:
        job_id = job_id_of(message.body)
        logger.append_keys(jobId=job_id)
        process_job(services, job_id, message, worker, time_limit)
    except NotAJob:
        logger.error("A message names no job.", messageId=message.message_id)
        message.show_again_in(0)
        raise
    except EndNotTold:
        message.show_again_in(_TELL_AGAIN_AFTER)
        raise
    except JobHeldElsewhere as held:
        if held.message_id in (None, message.message_id):
            # Delivered twice. It is the message that brings the job back if the other worker dies.
            message.show_again_in(held.seconds + 1)
            raise
        logger.info("A message was dropped: another one has brought its job to a worker.")


def process_job(
    services: BackgroundProcessorServices, job_id: str, message: QueueMessage, worker: str, time_limit: float
) -> None:
    """Take a job to its end, unless it has ended.

    Raises JobHeldElsewhere if another worker has the job, EndNotTold if it has ended and a follower could not be told.
    """
    # Neither needs the other.
    hiding = _BESIDE.submit(message.keep_hidden)
    try:
        job = services.jobs.claim(
            job_id, worker, message.message_id, services.lease, progress=STARTED, message="Working on your question."
        )
        logger.append_keys(userId=job.user_id)
        _Run(services, message, job).to_the_end(time_limit)
    except JobEnded:
        # Delivered again, or cancelled meanwhile. Whoever ended the job may have died before all knew.
        logger.info("A message was dropped: its job has ended.")
        if ended := services.jobs.find(job_id):
            services.delivery.announce_end(ended)
    finally:
        # Whoever wants it to be shown again earlier says so after this.
        hiding.result()


class _Run:
    """A worker's way through a job that it has claimed. Its methods raise JobEnded and JobHeldElsewhere."""

    def __init__(self, services: BackgroundProcessorServices, message: QueueMessage, job: Job) -> None:
        self._services = services
        self._message = message
        self._job = job
        # By agent: the answers as they can be sent, and with their whole texts.
        self._answers: dict[str, Answer] = {}
        self._whole: dict[str, Answer] = {}

    def to_the_end(self, time_limit: float) -> None:
        """Ask the agents, which have `time_limit` seconds, and end the job; raise EndNotTold like process_job."""
        # What an earlier worker stored is not asked for again. It is said again: the worker may have died before it
        # could say so.
        stored = self._services.answers.find(self._job) if self._job.attempts > 1 else {}
        missing = [agent for agent in self._job.agents if agent not in stored]
        with self._services.agents.asked(missing, self._job.query, self._job.job_id, time_limit) as outcomes:
            self._send(messages.progress_update(self._job), messages.analysis_started(self._job))
            for answer in answers.in_order(self._job, stored):
                self._note(answer)
            for outcome in outcomes:
                if outcome is None:
                    self._beat()
                else:
                    self._note(self._services.answers.put(self._job, self._answer_of(outcome)))

    def _beat(self) -> None:
        waiting = self._titles(agent for agent in self._job.agents if agent not in self._job.completed_agents)
        progress = progress_while_waiting(self._job.progress, len(self._job.completed_agents), len(self._job.agents))
        self._record(progress=progress, message=f"Waiting for {waiting}.")
        self._send(messages.progress_update(self._job))

    def _note(self, answer: Answer) -> None:
        """Store and say that an agent is through; with the last one's answer the job ends, in the same step."""
        self._answers[answer.agent] = answer
        self._whole[answer.agent] = self._services.answers.with_whole_content(self._job, answer)
        completed = tuple(dict.fromkeys((*self._job.completed_agents, answer.agent)))
        if len(self._answers) == len(self._job.agents):
            self._end(answer, completed)
            return
        verb = "has no answer" if answer.has_failed else "has answered"
        self._record(
            progress=max(self._job.progress, progress_after(len(completed), len(self._job.agents))),
            message=f"{answer.title} {verb} ({len(completed)} of {len(self._job.agents)}).",
            completedAgents=completed,
        )
        self._send(messages.agent_completed(self._job, answer, self._services.answers))

    def _end(self, last: Answer, completed: tuple[str, ...]) -> None:
        whole = answers.in_order(self._job, self._whole)
        if all(answer.has_failed for answer in whole):
            self._fail(whole, completed)
        else:
            self._complete(whole, completed)
        said = messages.agent_completed(self._job, last, self._services.answers)
        end = messages.end_of(self._job, self._services.answers, self._answers)
        if not self._services.delivery.broadcast(self._job, said, end):
            raise EndNotTold(f"The end of job {self._job.job_id} could not be told to everybody.")

    def _complete(self, whole: Sequence[Answer], completed: tuple[str, ...]) -> None:
        self._services.answers.put_response(self._job, answers.compose(whole))
        partial = any(answer.has_failed for answer in whole)
        self._job = self._services.jobs.complete(
            self._job, message="Your answer is ready.", partial=partial, completedAgents=completed
        )
        logger.info("A job was completed.", partial=partial, seconds=self._job.updated_at - self._job.created_at)

    def _fail(self, failures: Sequence[Answer], completed: tuple[str, ...]) -> None:
        reasons = " ".join(f"{answer.title}: {answer.content}" for answer in failures)
        if all(answer.timed_out for answer in failures):
            code, error = "TIMED_OUT", f"No agent answered in time. {reasons}"
        else:
            code, error = "AGENTS_FAILED", f"No agent could answer. {reasons}"
        self._job = self._services.jobs.fail(self._job, code=code, error=error, completedAgents=completed)
        logger.info("A job failed.", code=code, seconds=self._job.updated_at - self._job.created_at)

    def _record(self, **changes: Any) -> None:
        # First the message and then the lease: it must not come back to a job that is held.
        self._message.keep_hidden()
        self._job = self._services.jobs.record_step(self._job, self._services.lease, **changes)

    def _send(self, *said: ServerMessage) -> None:
        self._services.delivery.broadcast(self._job, *said)

    def _answer_of(self, outcome: Outcome) -> Answer:
        said = outcome.answer
        return Answer(
            agent=outcome.agent,
            title=self._services.catalogue.title_of(outcome.agent),
            content=str(outcome.failure) if said is None else said.content,
            data=None if said is None else said.data,
            status=answers.FAILED if said is None else answers.COMPLETED,
            timestamp=self._services.jobs.now(),
            timed_out=isinstance(outcome.failure, AgentTimedOut),
        )

    def _titles(self, agents: Iterable[str]) -> str:
        return " and ".join(self._services.catalogue.titles_of(agents))


def progress_after(answered: int, asked: int) -> int:
    """Give the progress when `answered` of `asked` agents are there. Pure."""
    return STARTED + (ALL_ANSWERED - STARTED) * answered // asked


def progress_while_waiting(current: int, answered: int, asked: int) -> int:
    """Give the progress of a heartbeat: a fifth of the way to the next agent's end, and never that end itself. Pure."""
    ceiling = progress_after(answered + 1, asked) - 1
    if current >= ceiling:
        return current
    return current + max(1, (ceiling - current) // 5)
