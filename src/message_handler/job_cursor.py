"""Where a list of jobs goes on, as a client keeps it: the place of the last job that it was given. Pure.

A cursor says nothing of the user, so whoever sends it gets jobs of their own only.
"""

import base64
import json

from finops_websocket.errors import InvalidMessage
from finops_websocket.job_history import Start

# The contract's bound of a job's id.
_JOB_ID_CHARACTERS = 128

# What DynamoDB compares as a number and every JSON reader keeps exactly.
_MOST_SECONDS = 2**53


def encode(start: Start) -> str:
    """Give the cursor of a place: letters, digits, hyphens, underscores and equals signs."""
    place = json.dumps([start.created_at, start.job_id], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(place.encode()).decode("ascii")


def decode(cursor: str) -> Start:
    """Read a cursor; raise InvalidMessage for anything that `encode` does not give."""
    try:
        created_at, job_id = json.loads(base64.urlsafe_b64decode(cursor))
        start = Start(created_at, job_id)
        is_a_place = type(created_at) is int and 0 <= created_at < _MOST_SECONDS
        is_a_place &= type(job_id) is str and 0 < len(job_id) <= _JOB_ID_CHARACTERS
        # Many texts decode to the same place; one of them is its cursor.
        if is_a_place and encode(start) == cursor:
            return start
    except (ValueError, TypeError, RecursionError):
        pass
    raise InvalidMessage("The cursor is none that a job list had.")
