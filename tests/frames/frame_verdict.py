"""What every answer to a frame must be, whatever the frame was."""

import json
import re
from collections.abc import Set
from typing import Any

from contract_schema import assert_valid
from frames.frame_service import Answer
from frames.planted_jobs import MARKER, OTHER_USER

_MAX_MESSAGE_BYTES = 128 * 1024

# What only our side could have written.
_OUR_INSIDE = re.compile(
    r"arn:aws|Traceback|\b[A-Z]\w*(?:Error|Exception)\b|\.py\b|amazonaws|boto|/(?:var|opt|home|tmp|usr|root)/"
    r"|ConnectionsTable|JobsTable|ResultsBucket|ProcessingQueue|UserPool|127\.0\.0\.1"
)


def assert_answered(sender: str, may_hear: Set[str], frame: str | bytes, answer: Answer) -> None:
    """Fail unless a frame was answered as the contract says. `may_hear` are others that may be told something, too."""
    assert answer.outcome == {"statusCode": 200}
    assert sender in {connection_id for connection_id, _ in answer.posted}, "The sender was not answered."
    for connection_id, text in answer.posted:
        assert connection_id in {sender, *may_hear}, "Somebody else was told."
        assert len(text.encode()) <= _MAX_MESSAGE_BYTES
        assert MARKER not in text, "The other's job was told."
        found = _OUR_INSIDE.search(json.dumps(json.loads(text, object_hook=_without_query)))
        assert found is None or found[0] in str(frame), "Our inside was told."
        wire = json.loads(text)
        assert_valid(wire)
        assert wire.get("code") != "INTERNAL"
        is_signed_in = wire.get("type") == "authenticated" and wire["verified"]
        assert not (is_signed_in and wire["userId"] == OTHER_USER), "A forged token let its sender in."


def _without_query(fields: dict[str, Any]) -> dict[str, Any]:
    # The sender's own words, of this frame or of one before it.
    return {name: value for name, value in fields.items() if name != "query"}
