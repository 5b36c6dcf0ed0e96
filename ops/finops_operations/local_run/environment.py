"""The environment of the local run: nothing of the caller's configuration reaches it."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

# What deploy.sh and ask take from the environment.
_OF_OTHER_STACKS = (
    "LAMBDA_S3_BUCKET", "PROJECT_NAME", "STACK_NAME", "AUTH_MODE", "GIVEN_USER_POOL_ID", "GIVEN_USER_POOL_CLIENT_ID",
    "TEMPLATE", "COST_FORECAST_FUNCTION", "TRUSTED_ADVISOR_FUNCTION", "PACKAGES_DIR", "TIMEOUT_MINUTES", "PYTHON",
    "WEBSOCKET_URL", "USER_POOL_CLIENT_ID", "TEST_USERNAME", "TEST_PASSWORD", "FINOPS_TOKEN",
)  # fmt: skip


def use_local_credentials(environment: MutableMapping[str, str]) -> None:
    """Take a caller's AWS settings and stacks out of an environment, and put those of the local cloud in."""
    for name in [name for name in environment if name.startswith("AWS_") or name in _OF_OTHER_STACKS]:
        del environment[name]
    # No proxy leads to this machine.
    excluded = ",".join(["localhost,127.0.0.1", *filter(None, [environment.get("no_proxy")])])
    environment.update(
        {
            "no_proxy": excluded,
            "NO_PROXY": excluded,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret (the local cloud takes any)
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
    )
