"""What both Lambda functions do around their answer: the question's parts, the event, the log line, the envelope."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Context, localcontext
from typing import Any

from sample_agents.answering.figures import Answer, as_data
from sample_agents.costs.charges import Costs
from sample_agents.errors import CostDataError, UnanswerableError
from sample_agents.query import Query
from sample_agents.understanding import understand
from sample_agents.writing import paragraphs

# The digits of a sum: of DuckDB's DECIMAL(38, 18), and more for sums of those.
_EXACT = Context(prec=60)


def answer_parts(
    does: str,
    mine: Callable[[Query], bool],
    answer: Callable[[Query, Costs, date], Answer],
    question: str,
    costs: Costs,
    today: date,
    fiscal_year_start: int | None = None,
) -> Answer:
    """Answer the parts of the question that are the agent's own; of the others it says nothing.

    `does` says what those are: "what things cost".

    Raises UnanswerableError, whose text is an answer too, if the question is not understood, no part of it is the
    agent's own, or none of them can be answered.
    """
    parts = [query for query in understand(question, costs, today, fiscal_year_start) if mine(query)]
    answers, refusals = [], []
    with localcontext(_EXACT):
        for query in parts:
            try:
                answers.append(answer(query, costs, today))
                refusals.append("")
            except UnanswerableError as refusal:
                refusals.append(str(refusal))
    if not parts:
        raise UnanswerableError(f"I answer {does}, and this question has no such part: it is for the other agent.")
    if not answers:
        raise UnanswerableError(paragraphs(*dict.fromkeys(refusals)))
    given = iter(answers)
    texts = [refusal or next(given).markdown for refusal in refusals]
    return Answer(
        paragraphs(*texts),
        tuple(figure for part in answers for figure in part.figures),
        answers[0].kind,
        any(part.found for part in answers),
    )


def fiscal_year_start_of(setting: str) -> int | None:
    """The month in which the fiscal year starts, of a setting from 1 to 12; None if it is empty.

    Raises ValueError for anything else, so that a wrong setting fails when the function starts.
    """
    if not setting.strip():
        return None
    if setting.strip() not in map(str, range(1, 13)):
        raise ValueError(f"FISCAL_YEAR_START_MONTH must be from 1 to 12, not {setting!r}.")
    return int(setting)


_FISCAL_YEAR_START = fiscal_year_start_of(os.environ.get("FISCAL_YEAR_START_MONTH", ""))


def respond(
    agent: str,
    answer: Callable[[str, Costs, date, int | None], Answer],
    costs: Callable[[], Costs],
    event: Mapping[str, Any],
    _context: object = None,
) -> dict[str, object]:
    """Answer an event `{"query": ..., "jobId": ...}` with `{"statusCode": ..., "body": JSON text}`.

    The body is `{"response": markdown}` with status 200, with `"data"` beside it if the answer has tables, or
    `{"error": sentence}` with status 400 (no question) or 500 (no costs). One line about it goes to the log, under the
    agent's name; why there are no costs is in it, because that sentence reaches no client.
    """
    started = time.monotonic()
    fields = event if isinstance(event, Mapping) else {}
    query, job = fields.get("query"), fields.get("jobId")
    status, kind, found, reason = 200, "unanswerable", False, None
    body: dict[str, Any]
    try:
        if isinstance(query, str) and query.strip():
            given = answer(query, costs(), datetime.now(UTC).date(), _FISCAL_YEAR_START)
            body, kind, found = {"response": given.markdown}, given.kind, given.found
            if figures := as_data(given.figures):
                body["data"] = figures
        else:
            sentence = 'The event has no question: give {"query": "What was my S3 spend in May?"}.'
            status, body, kind = 400, {"error": sentence}, "invalid event"
    except UnanswerableError as error:
        body = {"response": str(error)}
    except CostDataError as error:
        reason = str(error)
        status, body, kind = 500, {"error": reason}, "no costs"
    line = {
        "agent": agent,
        "jobId": job[:128] if isinstance(job, str) else None,
        "status": status,
        "question": kind,  # its kind: the question is the user's and not logged
        "found": found,
        **({"reason": reason} if reason else {}),
        "durationMs": round((time.monotonic() - started) * 1000),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    return {"statusCode": status, "body": json.dumps(body)}
