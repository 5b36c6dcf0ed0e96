"""A Lambda function that does what the question says, in place of an agent: `cost=crash advisor=nap:300`.

It is a double because a real agent does not crash when it is told to. It writes down when each of its invocations
begins and ends.
"""

import json
import os
import re
import time
from typing import Any


def handler(event: dict[str, Any], _context: Any) -> Any:
    role = os.environ["ROLE"]
    script = re.search(rf"{role}=(\w+)(?::(\d+))?", event["query"])
    behaviour, number = (script[1], int(script[2] or 0)) if script else ("answer", 0)
    invocation = {"role": role, "jobId": event["jobId"], "behaviour": behaviour}
    write_down(invocation | {"begin": time.time()})
    try:
        return behave(behaviour, number, f"The {role} agent's answer.")
    finally:
        write_down(invocation | {"end": time.time()})


def behave(behaviour: str, number: int, text: str) -> Any:
    match behaviour:
        case "crash":
            raise RuntimeError("the agent's own words, which no client may see")
        case "refuse":
            return {"statusCode": 500, "body": json.dumps({"error": "the agent's own words, which no client may see"})}
        case "rubbish":
            return "no envelope"
        case "deep":
            return {"statusCode": 200, "body": "[" * 100_000}
        case "twice":
            return {"statusCode": 200, "body": 2 * json.dumps({"response": text})}
        case "large":
            text = "x" * number
        case "hang":
            time.sleep(number)  # what a slow agent does, in a process of its own
        case "nap":
            time.sleep(number / 1000)  # what a quicker one does
    return {"statusCode": 200, "body": json.dumps({"response": text})}


def write_down(what: dict[str, Any]) -> None:
    record = os.open(os.environ["RECORD"], os.O_WRONLY | os.O_APPEND)
    # One write: processes append side by side, and their lines must not mix.
    os.write(record, f"{json.dumps(what)}\n".encode())
    os.close(record)
