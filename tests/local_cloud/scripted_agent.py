"""A Lambda function that does what the question says, in place of an agent: `cost=crash advisor=hang:30`.

It is a double because a real agent does not crash when it is told to. It writes down each of its invocations. With
`held:PATH` it answers once there is no such file. It hangs for seconds, and naps for milliseconds. With `figures` it
gives some beside its words, and with `scrawl` what is none.
"""

import json
import os
import re
import time
from pathlib import Path
from typing import Any


def handler(event: dict[str, Any], _context: Any) -> Any:
    role = os.environ["ROLE"]
    script = re.search(rf"{role}=(\w+)(?::(\d+)|:(/\S+))?", event["query"])
    behaviour, number = (script[1], int(script[2] or 0)) if script else ("answer", 0)
    invocation = {"role": role, "jobId": event["jobId"], "at": time.time()}
    # One write: processes append side by side, and their lines must not mix.
    with Path(os.environ["RECORD"]).open("ab", buffering=0) as record:
        record.write(f"{json.dumps(invocation)}\n".encode())
    if behaviour == "crash":
        raise RuntimeError("the agent's own words, which no client may see")
    if behaviour in {"hang", "nap"}:
        time.sleep(number / (1000 if behaviour == "nap" else 1))  # what a slow agent does, in a process of its own
    while behaviour == "held" and script and Path(script[3]).exists():
        time.sleep(0.05)  # between two looks at what the test says, which cannot wake this process
    if behaviour == "refuse":
        return {"statusCode": 500, "body": json.dumps({"error": "the agent's own words, which no client may see"})}
    if behaviour == "rubbish":
        return "no envelope"
    if behaviour == "deep":
        return {"statusCode": 200, "body": "[" * number}
    text = "x" * number if behaviour == "large" else f"The {role} agent's answer."
    if behaviour == "hostile":
        text = Path(os.environ["RECORD"]).with_name("hostile.md").read_text(encoding="utf-8")
    if behaviour == "twice":
        return {"statusCode": 200, "body": 2 * json.dumps({"response": text})}
    if behaviour == "bare":
        return {"response": text}
    body: dict[str, Any] = {"response": text}
    if behaviour in {"figures", "scrawl"}:
        column = {"key": "cost", "label": "Cost", "type": "money" if behaviour == "figures" else "scrawl"}
        body["data"] = [{"title": "Cost by month", "columns": [column], "rows": [{"cost": "2414.50"}]}]
    return {"statusCode": 200, "body": json.dumps(body)}
