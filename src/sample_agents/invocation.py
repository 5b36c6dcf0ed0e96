"""What both Lambda functions do around their answer: check the event, log one line, wrap the answer."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TextIO

from sample_agents.answer import Answer
from sample_agents.costs import Costs
from sample_agents.errors import CostDataError, InvalidEventError, UnanswerableError

_LONGEST_JOB_ID = 128  # in the log


class Source(Protocol):
    """Where an agent's costs come from."""

    def costs(self) -> Costs:
        """The costs. Raises CostDataError."""


class Agent:
    """An agent: a name for the log, the function that answers, and the costs it answers from."""

    def __init__(
        self, name: str, answer: Callable[[str, Costs], Answer], source: Source, log: TextIO | None = None
    ) -> None:
        """Take the parts; `log` takes the place of standard output."""
        self._name = name
        self._answer = answer
        self._source = source
        self._log = log

    def invoke(self, event: Mapping[str, Any]) -> dict[str, object]:
        """Answer an event `{"query": ..., "jobId": ...}` with `{"statusCode": ..., "body": JSON text}`.

        The body is `{"response": markdown}` with status 200, or `{"error": sentence}` with status 400 (no
        question) or 500 (no costs).
        """
        started = time.monotonic()
        status, body, kind, found = self._respond(event)
        job = event.get("jobId") if isinstance(event, Mapping) else None
        line = {
            "agent": self._name,
            "jobId": job[:_LONGEST_JOB_ID] if isinstance(job, str) else None,
            "status": status,
            "question": kind,
            "found": found,
            "durationMs": round((time.monotonic() - started) * 1000),
        }
        # The question is the user's: it is not logged.
        (self._log or sys.stdout).write(json.dumps(line) + "\n")
        return {"statusCode": status, "body": json.dumps(body)}

    def _respond(self, event: Mapping[str, Any]) -> tuple[int, dict[str, str], str, bool]:
        try:
            answer = self._answer(_query(event), self._source.costs())
        except InvalidEventError as error:
            return 400, {"error": str(error)}, "invalid event", False
        except CostDataError as error:
            return 500, {"error": str(error)}, "no costs", False
        except UnanswerableError as error:
            return 200, {"response": str(error)}, "unanswerable", False
        return 200, {"response": answer.markdown}, answer.kind, answer.found


def _query(event: Mapping[str, Any]) -> str:
    query = event.get("query") if isinstance(event, Mapping) else None
    if not isinstance(query, str) or not query.strip():
        raise InvalidEventError('The event has no question: give {"query": "What was my S3 spend in May?"}.')
    return query
