"""Every error that the functions raise on purpose, and the one place that turns an error into a client's text."""

from typing import ClassVar


class FinopsError(Exception):
    """Anything that these functions raise on purpose."""


class SettingsError(FinopsError):
    """The function's environment lacks something or holds something that cannot be."""


class RequestError(FinopsError):
    """A client's message cannot be served. The text is a sentence for a person; `code` is the contract's."""

    code: ClassVar[str] = "INTERNAL"


class InvalidMessage(RequestError):
    """Not JSON, not an object, or not what the contract says of its action."""

    code = "INVALID_MESSAGE"


class UnknownAction(RequestError):
    """An action that this API does not have."""

    code = "UNKNOWN_ACTION"


class QueryTooLong(RequestError):
    """A question of more characters than the contract allows."""

    code = "QUERY_TOO_LONG"


class UnknownAgent(RequestError):
    """A question for an agent that this deployment does not have."""

    code = "UNKNOWN_AGENT"


class Unauthenticated(RequestError):
    """The connection has not shown who is asking."""

    code = "UNAUTHENTICATED"


class InvalidToken(RequestError):
    """A token that proves nothing."""

    code = "INVALID_TOKEN"


class SessionExpired(RequestError):
    """The token that proved who is asking has run out."""

    code = "SESSION_EXPIRED"


class JobNotFound(RequestError):
    """A job that is not there, or not the asker's: nobody learns which."""

    code = "JOB_NOT_FOUND"


class JobFinished(RequestError):
    """A job that has ended otherwise cannot be cancelled."""

    code = "JOB_FINISHED"


class LimitReached(RequestError):
    """Enough for now: the same may be tried again after so many seconds, at least 1."""

    def __init__(self, text: str, retry_after: int) -> None:
        super().__init__(text)
        self.retry_after = max(1, retry_after)


class TooManyJobs(LimitReached):
    """A user has as many unfinished jobs as it may have."""

    code = "TOO_MANY_JOBS"


class RateLimited(LimitReached):
    """A user or a connection sends more than it may."""

    code = "RATE_LIMITED"


class ConnectionSpent(RateLimited):
    """A connection has sent all that it may without saying who it is: it is closed when it has been told."""


class QueueUnavailable(FinopsError):
    """SQS did not take a job, however often it was asked."""


class NotSent(FinopsError):
    """What a client asked for could not be sent to it."""


class AgentFailed(FinopsError):
    """An agent gave no answer. The text is a sentence for the person who asked, free of the agent's own words."""


class AgentTimedOut(AgentFailed):
    """An agent was not there by its deadline."""


class JobNotOurs(FinopsError):
    """A worker may not go on with a job."""


class JobEnded(JobNotOurs):
    """The job is finished, cancelled or gone: its queue message can be dropped."""


class JobHeldElsewhere(JobNotOurs):
    """Another worker holds the job's lease: for so many `seconds` more, got with the queue's message `message_id`."""

    def __init__(self, text: str, message_id: str | None, seconds: int) -> None:
        super().__init__(text)
        self.message_id = message_id
        self.seconds = seconds


class EventNotServed(FinopsError):
    """An invocation has failed, and the log says why."""


class MessageStays(FinopsError):
    """A queue's message is not done with, though nothing is broken: it must come again."""


class EndNotTold(MessageStays):
    """A job has ended and a follower could not be told."""


class NotAJob(MessageStays):
    """A message that is no job."""


def client_text(error: Exception) -> tuple[str, str]:
    """Say an error to a client as `(code, sentence)`; of anything unexpected, nothing but that it happened."""
    if isinstance(error, RequestError):
        return error.code, str(error)
    if isinstance(error, QueueUnavailable):
        return "QUEUE_UNAVAILABLE", "Your question could not be queued. Please ask again in a moment."
    return "INTERNAL", "Something went wrong on our side. Please try again."
