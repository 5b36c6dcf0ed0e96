"""Makes the process of a function whose PYTHONPATH names this folder tell which it is, and its clock wrong on request.

Python imports sitecustomize by itself before anything else (https://docs.python.org/3/library/site.html), so the
product runs unchanged. The SDK says in each request's User-Agent what AWS_SDK_UA_APP_ID holds: the function's name and
the process's id (https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html).

CLOCK_SKEW_SECONDS is by how much the clock is wrong. The first process of each function is slow and all others are
fast: to them the first one's lease looks as if it had long run out, and they take its job from it while it works.
CLOCK_SKEW_DIRECTORY is where the first one leaves its mark.

Only time.time is wrong. datetime, which is compiled and asks the machine itself, is left alone: the SDK signs requests
with it, and AWS refuses what a machine signs whose clock is off by more than five minutes (RequestTimeTooSkewed).
"""

import os
import time
from pathlib import Path

_FUNCTION = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
os.environ["AWS_SDK_UA_APP_ID"] = f"{_FUNCTION}.{os.getpid()}"


def _is_first() -> bool:
    try:
        Path(os.environ["CLOCK_SKEW_DIRECTORY"], _FUNCTION).mkdir(parents=True)
    except FileExistsError:
        return False
    return True


if "CLOCK_SKEW_SECONDS" in os.environ:
    _skew = float(os.environ["CLOCK_SKEW_SECONDS"]) * (-1 if _is_first() else 1)
    _true_time = time.time
    time.time = lambda: _true_time() + _skew
