"""A job's way from claimed to ended. Every step is stored, and then sent to whom the store says."""

import time
from collections.abc import Callable
from dataclasses import replace

from aws_lambda_powertools import Logger

from background_processor import progress
from background_processor.ask_agents import AskAgents, Outcome
from background_processor.queue_message import QueueMessage
from finops_websocket import answer_store, job_messages
from finops_websocket.agents import AgentCatalogue
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.broadcast import Broadcast
from finops_websocket.errors import AgentTimedOut, EndNotTold
from finops_websocket.job import Job
from finops_websocket.job_lease import JobLease
from finops_websocket.message_size import fits
from finops_websocket.report import compose
from finops_websocket.server_messages import ServerMessage

logger = Logger(child=True)


class ProcessJob:
    """Processes one job in the name of one worker."""

    def __init__(
        self,
        catalogue: AgentCatalogue,
        lease: JobLease,
        answers: AnswerStore,
        ask_agents: AskAgents,
        broadcast: Broadcast,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep what is needed; `clock` tells the time in epoch seconds."""
        self._catalogue = catalogue
        self._lease = lease
        self._answers = answers
        self._ask_agents = ask_agents
        self._broadcast = broadcast
        self._clock = clock

    def __call__(self, job_id: str, queue_message: QueueMessage, worker: str, time_limit: float) -> None:
        """Process the job that a message brought; its agents have `time_limit` seconds.

        Raises JobEnded if there is nothing to do (any more), JobHeldElsewhere if another worker has the job, EndNotTold
        if it has ended now and a follower could not be told.
        """
        queue_message.keep_hidden()
        job = self._lease.claim(
            job_id,
            worker,
            queue_message.message_id,
            progress=progress.CLAIMED,
            message="Working on your question.",
        )
        logger.append_keys(userId=job.user_id)
        self._broadcast(job, job_messages.progress_update(job))
        # What an earlier worker stored is not asked for again.
        sent = self._answers.find(job) if job.attempts > 1 else {}
        whole = {agent: self._with_whole_content(job, answer) for agent, answer in sent.items()}
        job = self._start(job, queue_message, sent)
        missing = [agent for agent in job.agents if agent not in whole]
        for outcome in self._ask_agents(missing, job.query, job.job_id, time_limit):
            if outcome is None:
                job = self._beat(job, queue_message)
                continue
            sent[outcome.agent] = self._answers.put(job, self._answer_of(outcome))
            whole[outcome.agent] = self._with_whole_content(job, sent[outcome.agent])
            job = self._note_answer(job, queue_message, sent[outcome.agent])
        if all(answer.status == answer_store.FAILED for answer in whole.values()):
            self._fail(job, whole)
        else:
            self._complete(job, queue_message, whole, sent)

    def _with_whole_content(self, job: Job, answer: Answer) -> Answer:
        return replace(answer, content=self._answers.whole_content(job, answer))

    def _start(self, job: Job, queue_message: QueueMessage, stored: dict[str, Answer]) -> Job:
        titles = " and ".join(self._catalogue.title_of(agent) for agent in job.agents)
        job = self._record(job, queue_message, progress=max(job.progress, progress.ASKING), message=f"Asking {titles}.")
        self._broadcast(job, job_messages.analysis_started(job))
        # What an earlier worker stored is said again: it may have died before it could say so.
        for agent in job.agents:
            if agent in stored:
                job = self._note_answer(job, queue_message, stored[agent])
        return job

    def _beat(self, job: Job, queue_message: QueueMessage) -> Job:
        waiting = " and ".join(
            self._catalogue.title_of(agent) for agent in job.agents if agent not in job.completed_agents
        )
        job = self._record(
            job,
            queue_message,
            progress=progress.while_waiting(job.progress, len(job.completed_agents), len(job.agents)),
            message=f"Waiting for {waiting}.",
        )
        self._broadcast(job, job_messages.progress_update(job))
        return job

    def _record(
        self,
        job: Job,
        queue_message: QueueMessage,
        *,
        progress: int,
        message: str,
        completed_agents: tuple[str, ...] | None = None,
    ) -> Job:
        # First the message and then the lease: it must not come back to a job that is held.
        queue_message.keep_hidden()
        return self._lease.record_step(job, progress=progress, message=message, completed_agents=completed_agents)

    def _answer_of(self, outcome: Outcome) -> Answer:
        failed = outcome.content is None
        return Answer(
            agent=outcome.agent,
            title=self._catalogue.title_of(outcome.agent),
            content=str(outcome.failure) if outcome.content is None else outcome.content,
            status=answer_store.FAILED if failed else answer_store.COMPLETED,
            timestamp=int(self._clock()),
            timed_out=isinstance(outcome.failure, AgentTimedOut),
        )

    def _note_answer(self, job: Job, queue_message: QueueMessage, answer: Answer) -> Job:
        completed_agents = tuple(dict.fromkeys((*job.completed_agents, answer.agent)))
        verb = "has no answer" if answer.status == answer_store.FAILED else "has answered"
        job = self._record(
            job,
            queue_message,
            progress=max(job.progress, progress.after_answers(len(completed_agents), len(job.agents))),
            message=f"{answer.title} {verb} ({len(completed_agents)} of {len(job.agents)}).",
            completed_agents=completed_agents,
        )
        self._broadcast(job, *job_messages.with_shorter(job_messages.agent_completed, job, answer, self._answers))
        return job

    def _complete(
        self, job: Job, queue_message: QueueMessage, whole: dict[str, Answer], sent: dict[str, Answer]
    ) -> None:
        job = self._record(job, queue_message, progress=progress.COMPOSING, message="Putting the answer together.")
        self._broadcast(job, job_messages.progress_update(job))
        response = compose(job_messages.parts_of(job, whole))
        if not fits(response):
            self._answers.put_response(job, response)
        partial = any(answer.status == answer_store.FAILED for answer in whole.values())
        job = self._lease.complete(job, message="Your answer is ready.", partial=partial)
        logger.info("A job was completed.", partial=partial, seconds=job.updated_at - job.created_at)
        self._tell_end(job, *job_messages.with_shorter(job_messages.job_completed, job, sent, self._answers))

    def _fail(self, job: Job, whole: dict[str, Answer]) -> None:
        reasons = " ".join(f"{answer.title}: {answer.content}" for answer in whole.values())
        if all(answer.timed_out for answer in whole.values()):
            code, error = "TIMED_OUT", f"No agent answered in time. {reasons}"
        else:
            code, error = "AGENTS_FAILED", f"No agent could answer. {reasons}"
        job = self._lease.fail(job, code=code, error=error)
        logger.info("A job failed.", code=code, seconds=job.updated_at - job.created_at)
        self._tell_end(job, job_messages.job_failed(job))

    def _tell_end(self, job: Job, end: ServerMessage, shorter: Callable[[], ServerMessage] | None = None) -> None:
        if not self._broadcast(job, end, shorter):
            raise EndNotTold(f"The end of job {job.job_id} could not be told to everybody.")
