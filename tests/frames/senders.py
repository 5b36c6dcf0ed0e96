"""The connections that frames come from, a new one for each frame.

Their rows are copies of what the functions themselves write, so they are always as the functions want them.
"""

from collections.abc import Set
from typing import Any

from frames.frame_service import Answer, FrameService
from frames.hostile_tokens import valid_token
from frames.planted_jobs import MARKER, OTHER_REQUEST_ID, OTHER_S_JOB, OTHER_USER, OWN_JOB, OWN_USER
from frames.websocket_events import connect_event, frame_event

KINDS = ("unknown", "unverified", "claimed", "verified", "owner", "expired", "outlived")
UNKNOWN, UNVERIFIED, CLAIMED, VERIFIED, OWNER, EXPIRED, OUTLIVED = KINDS
_LONG_AGO = {"N": "1"}

_Item = dict[str, Any]


class Senders:
    """Opens connections, after it has signed in two users and given each a job."""

    def __init__(self, service: FrameService) -> None:
        """Start afresh: nothing else is stored."""
        self._service = service
        service.start_afresh()
        self._opened = 0
        unverified = self._connect()
        claimed = self._connect({"action": "authenticate", "userId": OWN_USER})
        owner = self._connect(
            {"action": "authenticate", "token": valid_token(OWN_USER)},
            {"action": "finops_query", "query": "What did we spend?"},
        )
        self._other = self._connect(
            {"action": "authenticate", "token": valid_token(OTHER_USER)},
            {"action": "finops_query", "query": f"What did {MARKER} cost?", "requestId": OTHER_REQUEST_ID},
        )
        self._owner_s = {owner}
        self._copy_job_of(OWN_USER, OWN_JOB)
        self._copy_job_of(OTHER_USER, OTHER_S_JOB)
        rows = {row["connectionId"]["S"]: row for row in service.items("CONNECTIONS_TABLE") if "verified" in row}
        self._rows: dict[str, _Item] = {
            UNVERIFIED: rows[unverified],
            CLAIMED: rows[claimed],
            OWNER: rows[owner],
            VERIFIED: rows[owner],
            EXPIRED: {**rows[owner], "expiresAt": _LONG_AGO},
            # DynamoDB deletes late what has outlived its time.
            OUTLIVED: {**rows[owner], "ttl": _LONG_AGO},
        }

    def open(self, kind: str) -> str:
        """Give a new connection of the kind; a verified one has a user of its own."""
        connection_id = self._new_id()
        if kind != UNKNOWN:
            row = {**self._rows[kind], "connectionId": {"S": connection_id}}
            if kind == VERIFIED:
                row["userId"] = {"S": f"{self._opened:08x}-0000-4000-8000-000000000000"}
            if kind == OWNER:
                self._owner_s.add(connection_id)
            self._service.put_item("CONNECTIONS_TABLE", row)
        return connection_id

    def that_may_hear_of(self, kind: str) -> Set[str]:
        """Give the other connections that may be told what comes of a frame: those that share the sender's jobs."""
        return self._owner_s if kind == OWNER else set()

    def what_is_the_other_s(self) -> list[_Item]:
        """Read what is stored of the other user: the jobs and the connection."""
        jobs = [item for item in self._service.items("JOBS_TABLE") if item.get("userId") == {"S": OTHER_USER}]
        rows = [row for row in self._service.items("CONNECTIONS_TABLE") if row["connectionId"] == {"S": self._other}]
        return sorted(jobs, key=lambda item: str(item["jobId"])) + rows

    def _connect(self, *frames: dict[str, Any]) -> str:
        connection_id = self._new_id()
        self._service.serve("connection_manager", connect_event(connection_id))
        for frame in frames:
            function, event = frame_event(connection_id, frame)
            _assert_taken(self._service.serve(function, event))
        return connection_id

    def _copy_job_of(self, user_id: str, job_id: str) -> None:
        (job,) = (item for item in self._service.items("JOBS_TABLE") if item.get("userId") == {"S": user_id})
        self._service.put_item("JOBS_TABLE", {**job, "jobId": {"S": job_id}})

    def _new_id(self) -> str:
        self._opened += 1
        return f"{self._opened:015d}="


def _assert_taken(answer: Answer) -> None:
    assert any('"authenticated"' in text or '"job_queued"' in text for _, text in answer.posted), answer
