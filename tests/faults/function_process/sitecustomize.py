"""Makes the process of a function whose PYTHONPATH names this folder tell which it is, and its clock wrong on request.

Python imports sitecustomize by itself before anything else (https://docs.python.org/3/library/site.html), so the
product runs unchanged. The SDK adds to each request a header of the function's name and the process's id.

While there is a file CLOCKS, clocks are wrong by the seconds that it begins with. The first process of each function
that asks for the time then is slow and all others are fast: to them the first one's lease looks as if it had long run
out, and they take its job from it while it works. The first leaves its mark in the directory that the file names.

Only time.time is wrong. datetime, which is compiled and asks the machine itself, is left alone: the SDK signs requests
with it, and AWS refuses what a machine signs whose clock is off by more than five minutes (RequestTimeTooSkewed).
"""

import os
import threading
import time
from pathlib import Path
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS

_FUNCTION = os.environ["AWS_LAMBDA_FUNCTION_NAME"]


def _say_who_calls(request: Any, **_event: Any) -> None:
    request.headers["X-Caller"] = f"{_FUNCTION}.{os.getpid()}"


# Of all sessions that are made from now on.
BUILTIN_HANDLERS.append(("before-send", _say_who_calls))

_clocks = Path(os.environ["CLOCKS"])
_true_time = time.time
_skews: dict[str, float] = {}
_choosing = threading.Lock()


def _is_first(marks: str) -> bool:
    try:
        Path(marks, _FUNCTION).mkdir(parents=True)
    except FileExistsError:
        return False
    return True


def _wrong_time() -> float:
    try:
        seconds, marks = _clocks.read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return _true_time()
    with _choosing:
        if marks not in _skews:
            _skews[marks] = float(seconds) * (-1 if _is_first(marks) else 1)
    return _true_time() + _skews[marks]


time.time = _wrong_time
