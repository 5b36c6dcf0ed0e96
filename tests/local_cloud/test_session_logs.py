"""The search at the end of a session sees every log, and finds what is planted in each."""

import base64
import json
import shutil
import uuid
from pathlib import Path
from urllib.parse import quote

import jwt

from local_cloud.conversation import conversation
from local_cloud.journey_stack import PASSWORD, JourneyStack
from local_cloud.log_search import search_session
from local_cloud.running_cloud import LocalCloud, until


async def test_what_is_planted_in_any_log_is_found_and_not_repeated(
    local_cloud: LocalCloud, stack: JourneyStack, tmp_path: Path
) -> None:
    question = f"What did {uuid.uuid4()} cost?"
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token())
        job_id = (await client.job(question))[0]["jobId"]
    # The emulator itself forgets the lines of functions that a WebSocket invokes.
    until(lambda: job_id in (local_cloud.function_logs / f"{stack.project}-message-handler.log").read_text("utf-8"))
    token = jwt.encode({"sub": "user-1"}, "a key of enough bytes for this algorithm", "HS256")
    planted = {
        "log": ("a question", f"{question[:30].upper()} and so on"),
        ".local/deploy.log": ("a question", question),
        "addresses.log": ("a question", f"GET /?query={quote(question)}"),
        "bodies.log": ("a question", base64.b64encode(question.encode()).decode()),
        "errors.log": ("a question", json.dumps({"body": json.dumps({"query": f'"{question}'})})),
        "keys.log": ("an access key", f"key AKIA{'Q2' * 8}."),
        "links.log": ("a signed address", "X-Amz-Signature=0a1b"),
        "calls.log": ("a token", f"?token={token}&x=y"),
        # Where questions are typed.
        "GUIDE.md.output": ("a password", f"{question}{PASSWORD}"),
    }
    for name, (_, line) in planted.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"good\n{line}\n", encoding="utf-8")
    logs, group = local_cloud.client("logs"), "/planted/group"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="stream")
    events = [{"timestamp": number, "message": line} for number, line in enumerate(("good", f"bad: {question}"), 1)]
    logs.put_log_events(logGroupName=group, logStreamName="stream", logEvents=events)

    summary, findings = search_session(local_cloud, tmp_path)

    # Who looks at the session's own logs in the end finds nothing of this.
    logs.delete_log_group(logGroupName=group)
    shutil.rmtree(tmp_path)
    expected = [f"{name} has {what} in it" for name, (what, _) in planted.items()]
    assert sorted(findings) == sorted([*expected, f"{group} has a question in it"])
    assert summary.endswith(f"{len(findings)} found")
