"""Tokens that the pool's own key has signed and that prove nothing all the same.

A pool does not sign them, so they are made with a key of the test's own, which the function takes for the pool's.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from security.attack import Inconclusive, stopped_by
from security.secured_stack import SecuredStack
from unit.doubles.loopback_aws import LoopbackAws
from unit.doubles.sample_tokens import KEY, key_set, token_of

Signer = Callable[[dict[str, Any], dict[str, Any]], str]
"""Signs a good token but for changes to its header and its claims; a claim that is None is left out, and one that is a
number of seconds is a time that far from now."""

KEY_ID = "ours"
# Claims that are times.
TIMES = {"exp", "iat", "nbf"}

# What is wrong with each: in its header, and in its claims.
WRONG: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an expired token": ({}, {"exp": -60, "iat": -3660}),
    "a token that is not valid yet": ({}, {"nbf": 600}),
    "a token that is issued in the future": ({}, {"iat": 600}),
    "a token without an end": ({}, {"exp": None}),
    "a token without a subject": ({}, {"sub": None}),
    "a token without an issuer": ({}, {"iss": None}),
    "a token of another issuer": ({}, {"iss": "https://attacker.example/pool"}),
    "a token without a client": ({}, {"aud": None}),
    "a token for another use": ({}, {"token_use": "refresh"}),
    "an ID token called an access token": ({}, {"token_use": "access"}),
    "a header that must be understood and is not (crit)": ({"crit": ["exp"]}, {}),
    "a key id that the pool does not have": ({"kid": "unknown"}, {}),
}


@contextmanager
def own_keys(stack: SecuredStack) -> Iterator[Signer]:
    """Let the function take a key of ours for the pool's, and give what signs tokens with it."""
    pool, region = stack.outputs["UserPoolId"], stack.outputs["UserPoolId"].split("_")[0]

    def sign(header: dict[str, Any], changes: dict[str, Any]) -> str:
        claims = {
            # Nobody else, who has connections or jobs.
            "sub": str(uuid.uuid4()),
            "token_use": "id",
            "exp": 3600,
            "iat": 0,
            "cognito:username": "ada",
            "iss": f"https://cognito-idp.{region}.amazonaws.com/{pool}",
            "aud": stack.outputs["UserPoolClientId"],
            **changes,
        }
        now = int(time.time())
        told = {name: value + now if name in TIMES else value for name, value in claims.items() if value is not None}
        return token_of({"alg": "RS256", "kid": KEY_ID, **header}, told)

    with LoopbackAws() as pool_s:
        pool_s.keys = key_set(**{KEY_ID: KEY})
        with stack.with_environment("connection-manager", TOKEN_KEYS_URL=pool_s.keys_url):
            yield sign


async def tried(stack: SecuredStack, sign: Signer, header: dict[str, Any], changes: dict[str, Any]) -> None:
    """Try a token, and a good one after it, so that it is this one's fault."""
    async with stack.connection() as client:
        answer = await client.ask({"action": "authenticate", "token": sign(header, changes)})
        stopped_by(answer, "INVALID_TOKEN")
        await check_a_good_one(stack, sign)


async def check_a_good_one(stack: SecuredStack, sign: Signer) -> None:
    """Raise Inconclusive if a good token is refused: then it is not shown what stops the others."""
    async with stack.connection() as client:
        answer = await client.ask({"action": "authenticate", "token": sign({}, {})})
    if answer["type"] != "authenticated":
        raise Inconclusive(f"A good token is refused: {answer}")
