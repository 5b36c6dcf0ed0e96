"""The agent that both sides ask: it answers after as long as the question says at its end, in seconds."""

import json
import time
from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Wait, and answer with a little markdown."""
    time.sleep(float(event["query"].split()[-1]))  # what an agent that thinks does
    return {"statusCode": 200, "body": json.dumps({"response": "S3 cost 42 dollars in May."})}
