"""An asyncio client for the FinOps agents' WebSocket API, and the `ask` command.

`FinopsClient` asks, follows, cancels and lists; who asks is a `ClaimedIdentity`, a `GivenToken` or a `CognitoLogin`.
What comes is in `finops_client.events`, what is raised in `finops_client.errors`.
"""

from finops_client import errors, events
from finops_client.auth import ClaimedIdentity, CognitoLogin, Credentials, GivenToken
from finops_client.client import FinopsClient
from finops_client.errors import FinopsClientError
from finops_client.timing import Timing

__all__ = [
    "ClaimedIdentity",
    "CognitoLogin",
    "Credentials",
    "FinopsClient",
    "FinopsClientError",
    "GivenToken",
    "Timing",
    "errors",
    "events",
]
