import io
import json
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from finops_operations.dead_letters.jobs import StoredJob
from finops_operations.dead_letters.listing import Listing
from finops_operations.dead_letters.queue import DeadMessage, QueueCounts, Reader

JOB_ID = "2f0c9d4e-6f0a-4f7e-9d4e-1f2a3b4c5d6e"
USER_ID = "f4a81438-60c1-70a0-1234-0123456789ab"
JOB = StoredJob(
    JOB_ID, USER_ID, "failed", 1_000_000, 1_000_300, 2**40, "PROCESSING_FAILED", 3,
    {"messageId": "message-1", "body": "a body", "sentAt": 1_000_001},
)  # fmt: skip
FOREIGN = DeadMessage("0a1b2c3d-6f0a-4f7e-9d4e-1f2a3b4c5d6e", None, "a password: sesame", 1_000_002, 4)
NAMED = DeadMessage("1a1b2c3d-6f0a-4f7e-9d4e-1f2a3b4c5d6e", JOB_ID, f'{{"jobId": "{JOB_ID}"}}', 1_000_003, 1)
ON, OFF = Reader("uuid-1", "Enabled", 1_000_000), Reader("uuid-1", "Disabled", 1_000_000)
GONE = Reader("", "Missing", 0, "make it anew")
NONE, SOME_HIDDEN = QueueCounts(0, 0, 960), QueueCounts(2, 3, 960)
FULL = Listing([JOB], [FOREIGN, NAMED], SOME_HIDDEN, ON)


def printed(listing: Listing, *, with_bodies: bool = False) -> str:
    output = io.StringIO()
    listing.print(Console(file=output), "ops/dead_letters.sh", with_bodies=with_bodies)
    return output.getvalue()


def test_jobs_and_messages_are_each_on_a_line_of_their_own_in_100_columns() -> None:
    lines = [line.rstrip() for line in printed(FULL).splitlines()]
    assert [" ".join(line.split()) for line in lines[:7]] == [
        "1 job failed for good:",
        "Job Asked (UTC) Failed Tries User Code",
        f"{JOB_ID} 01-12 13:46 01-12 13:51 3 f4a81438… PROCESSING_FAILED",
        "2 messages of the dead-letter queue can be received now (about 2 visible, 3 hidden):",
        "Message Sent (UTC) Reads What it names",
        f"{FOREIGN.message_id} 01-12 13:46 4 no job",
        f"{NAMED.message_id} 01-12 13:46 1 job {JOB_ID}",
    ]
    assert max(map(len, lines[:7])) <= 100
    assert "\x1b" not in printed(FULL)


@pytest.mark.parametrize(
    ("counts", "reader", "advice"),
    [
        (NONE, ON, []),
        (
            SOME_HIDDEN,
            ON,
            [
                "To see them: ops/dead_letters.sh pause\nThey come up in the list within 16 minutes.",
                "In the end: ops/dead_letters.sh resume\n",
            ],
        ),
        (
            NONE,
            OFF,
            ["READER PAUSED since 01-12 13:46 UTC: ", "\nmessages come up within 16", " ops/dead_letters.sh resume\n"],
        ),
        (SOME_HIDDEN, GONE, ["READER MISSING: nothing reads", " Bring the reader back:\nmake it anew\n"]),
    ],
    ids=["nothing", "hidden", "paused", "missing"],
)
def test_nothing_is_said_too_and_what_to_do_about_the_reader(
    counts: QueueCounts, reader: Reader, advice: list[str]
) -> None:
    said = printed(Listing([], [], counts, reader))
    first, second, *others = said.splitlines()
    assert first == "No job has failed for good that was not replayed or discarded."
    about = f"(about {counts.visible} visible, {counts.hidden} hidden)"
    assert second == f"No message of the dead-letter queue can be received now {about}."
    assert bool(others) is bool(advice)
    assert all(part in said for part in advice)


def test_bodies_are_shown_to_those_only_who_ask() -> None:
    assert "sesame" not in printed(FULL)
    assert "sesame" not in FULL.to_json(with_bodies=False)
    assert f"{FOREIGN.message_id}: a password: sesame\n" in printed(FULL, with_bodies=True)
    assert json.loads(FULL.to_json(with_bodies=True))["messages"][0]["body"] == "a password: sesame"


# A machine that is busy takes longer for one text than for another.
@settings(deadline=None)
@given(st.text(), st.text())
def test_whatever_others_wrote_is_harmless_on_a_terminal(user_id: str, body: str) -> None:
    listing = Listing([replace(JOB, user_id=user_id)], [DeadMessage("message-1", None, body, 0, 1)], NONE, ON)
    said = printed(listing, with_bodies=True)
    assert "Cc" not in {unicodedata.category(character) for character in said.replace("\n", "")}
    assert listing.to_json(with_bodies=True).isascii()


def test_the_json_has_all_that_a_program_needs_and_times_in_seconds() -> None:
    assert json.loads(FULL.to_json(with_bodies=False)) == {
        "jobs": [
            {
                "id": JOB_ID,
                "userId": USER_ID,
                "askedAt": 1_000_000,
                "failedAt": 1_000_300,
                "attempts": 3,
                "code": "PROCESSING_FAILED",
                "messageId": "message-1",
                "sentAt": 1_000_001,
            }
        ],
        "messages": [
            {"id": FOREIGN.message_id, "jobId": None, "sentAt": 1_000_002, "receives": 4},
            {"id": NAMED.message_id, "jobId": JOB_ID, "sentAt": 1_000_003, "receives": 1},
        ],
        "queue": {"visible": 2, "hidden": 3},
        "reader": {"on": True, "state": "Enabled", "since": 1_000_000},
    }
