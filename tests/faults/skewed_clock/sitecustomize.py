"""Makes the clock of a function's process wrong, for functions whose PYTHONPATH names this folder.

Python imports sitecustomize by itself before anything else (https://docs.python.org/3/library/site.html), so the
product runs unchanged. CLOCK_SKEW_SECONDS is by how much. The first process of each function is slow and all others are
fast: to them the first one's lease looks as if it had long run out, and they take its job from it while it works.
CLOCK_SKEW_DIRECTORY is where the first one leaves its mark.

Only time.time is wrong. datetime, which is compiled and asks the machine itself, is left alone: the SDK signs requests
with it, and AWS refuses what a machine signs whose clock is off by more than five minutes (RequestTimeTooSkewed).
"""

import os
import time
from pathlib import Path


def _is_first() -> bool:
    try:
        Path(os.environ["CLOCK_SKEW_DIRECTORY"], os.environ["AWS_LAMBDA_FUNCTION_NAME"]).mkdir(parents=True)
    except FileExistsError:
        return False
    return True


_SKEW = float(os.environ["CLOCK_SKEW_SECONDS"]) * (-1 if _is_first() else 1)
_true_time = time.time


def _wrong_time() -> float:
    return _true_time() + _SKEW


time.time = _wrong_time
