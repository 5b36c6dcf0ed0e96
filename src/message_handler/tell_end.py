"""The end of a job, told to who asks and to all others that do not know it yet."""

from finops_websocket import job_messages
from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.answer_store import AnswerStore
from finops_websocket.client_channel import ClientChannel
from finops_websocket.job import Job


class TellEnd:
    """Tells ends, to each connection once."""

    def __init__(self, announce_end: AnnounceEnd, answers: AnswerStore, channel: ClientChannel) -> None:
        """Keep what is needed."""
        self._announce_end = announce_end
        self._answers = answers
        self._channel = channel

    def __call__(self, connection_id: str, job: Job) -> None:
        """Tell a finished job's end to its followers, and to the connection that asks if it is none of them."""
        if connection_id not in job.followers:
            end, shorter = job_messages.with_shorter(job_messages.end_of, job, self._answers)
            self._channel.send(connection_id, end, shorter)
        self._announce_end.as_far_as_possible(job)
