"""Dead letters to test with."""

from typing import Any

from finops_operations.stored_jobs import StoredJob
from finops_websocket.job import FAILED, Job
from unit.finops_websocket.sample_jobs import a_job

NOW = 1_000_500
LETTER = {"messageId": "message-1", "body": '{"jobId": "job-1"}', "sentAt": 1_000_001}


def a_dead_job(**changes: Any) -> Job:
    """Give a job as the functions leave it that failed for good."""
    dead = {
        "status": FAILED,
        "code": "PROCESSING_FAILED",
        "error": "Please ask again.",
        "query": "Why did Project Bluebird get dear?",
        "attempts": 3,
        "updated_at": 1_000_300,
        "dead_letter": LETTER,
    }
    return a_job(**{**dead, **changes})


def a_stored_job(**changes: Any) -> StoredJob:
    """Give the same as an operator sees it."""
    seen = {
        "job_id": "job-1",
        "user_id": "user-1",
        "status": FAILED,
        "code": "PROCESSING_FAILED",
        "created_at": 1_000_000,
        "failed_at": 1_000_300,
        "attempts": 3,
        "message_id": "message-1",
        "sent_at": 1_000_001,
        "body": '{"jobId": "job-1"}',
    }
    return StoredJob(**{**seen, **changes})
