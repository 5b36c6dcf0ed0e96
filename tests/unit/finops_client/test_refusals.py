import json
from pathlib import Path

import pytest

from finops_client.errors import (
    JobAlreadyFinished,
    JobNotFound,
    LimitReached,
    NotAuthenticated,
    RequestRefused,
    ServerFailed,
)
from finops_client.refusals import LIMIT_CODES, refusal

CONTRACT = Path(__file__).parents[3] / "contract" / "messages.schema.json"
CODES = json.loads(CONTRACT.read_text())["definitions"]["errorCode"]["enum"]
KINDS = {
    "UNAUTHENTICATED": NotAuthenticated,
    "INVALID_TOKEN": NotAuthenticated,
    "SESSION_EXPIRED": NotAuthenticated,
    "INTERNAL": ServerFailed,
    "JOB_NOT_FOUND": JobNotFound,
    "JOB_FINISHED": JobAlreadyFinished,
    "RATE_LIMITED": LimitReached,
    "TOO_MANY_JOBS": LimitReached,
}


@pytest.mark.parametrize("code", [*CODES, "NEWER_THAN_THIS_CLIENT"])
def test_every_code_is_an_error_with_the_servers_sentence(code: str) -> None:
    found = refusal(code, "A sentence.")
    assert type(found) is KINDS.get(code, RequestRefused)
    assert str(found) == "A sentence."
    assert getattr(found, "code", "INTERNAL") == code


@pytest.mark.parametrize("code", sorted(LIMIT_CODES))
def test_a_limit_says_for_how_long(code: str) -> None:
    for retry_after in (17, None):
        found = refusal(code, "A sentence.", retry_after)
        assert isinstance(found, LimitReached)
        assert found.retry_after == retry_after
