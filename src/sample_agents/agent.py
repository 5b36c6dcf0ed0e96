"""What both Lambda functions do around their answer: its shape, the event, the log line, the envelope."""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sample_agents.costs import Costs
from sample_agents.errors import CostDataError, UnanswerableError
from sample_agents.question import Question
from sample_agents.writing import bullets, paragraphs


@dataclass(frozen=True)
class Answer:
    """An answer for a person, and what the log says of it."""

    markdown: str
    kind: str  # what was asked for
    found: bool  # whether the data answer it


def compose(question: Question, costs: Costs, body: Sequence[str], *, found: bool, notes: Sequence[str] = ()) -> Answer:
    """What was understood, the body, and the notes that the reader needs to trust it."""
    partial = []
    for month in sorted(question.months & costs.calendar.partial):
        end = f"the newest charge ends on {costs.covered_until:%d %B %Y, %H:%M} UTC"
        why = end if month == costs.calendar.newest else "the data start within it"
        partial.append(f"{month} is partial: {why}.")
    source = (
        "Cost is the FOCUS column `EffectiveCost` (amortised, after discounts; taxes and credits included). "
        f"Data: {costs.rows:,} rows, {costs.calendar}."
    )
    notes = bullets([*question.notes, *partial, *notes, source])
    return Answer(paragraphs(f"I understood: {question}.", *body, notes), question.kind, found)


def respond(
    agent: str,
    answer: Callable[[str, Costs], Answer],
    costs: Callable[[], Costs],
    event: Mapping[str, Any],
    _context: object = None,
) -> dict[str, object]:
    """Answer an event `{"query": ..., "jobId": ...}` with `{"statusCode": ..., "body": JSON text}`.

    The body is `{"response": markdown}` with status 200, or `{"error": sentence}` with status 400 (no
    question) or 500 (no costs). One line about it goes to the log, under the agent's name.
    """
    started = time.monotonic()
    fields = event if isinstance(event, Mapping) else {}
    query, job = fields.get("query"), fields.get("jobId")
    status, kind, found = 200, "unanswerable", False
    try:
        if isinstance(query, str) and query.strip():
            given = answer(query, costs())
            body, kind, found = {"response": given.markdown}, given.kind, given.found
        else:
            sentence = 'The event has no question: give {"query": "What was my S3 spend in May?"}.'
            status, body, kind = 400, {"error": sentence}, "invalid event"
    except UnanswerableError as error:
        body = {"response": str(error)}
    except CostDataError as error:
        status, body, kind = 500, {"error": str(error)}, "no costs"
    line = {
        "agent": agent,
        "jobId": job[:128] if isinstance(job, str) else None,
        "status": status,
        "question": kind,  # its kind: the question is the user's and not logged
        "found": found,
        "durationMs": round((time.monotonic() - started) * 1000),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    return {"statusCode": status, "body": json.dumps(body)}
