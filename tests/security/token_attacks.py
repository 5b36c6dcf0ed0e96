"""Tokens that must not let anybody in: forged ones, and genuine ones of somebody or something else."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from security.attack import Attack, Inconclusive, must, stopped_by
from security.secured_stack import SecuredStack
from security.signed_tokens import check_a_good_one, own_keys
from unit.doubles.sample_tokens import OTHER_KEY, as_bytes, encoded, published, token_of

Forge = Callable[[SecuredStack], str]

REFUSED = "INVALID_TOKEN"
ATTACKER = "https://attacker.example"


def parts_of(token: str) -> list[Any]:
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]]


def public_key_of(stack: SecuredStack) -> Any:
    """The pool's key as everybody can fetch it."""
    keys = jwt.PyJWKClient(f"{stack.cloud.endpoint_url}/{stack.outputs['UserPoolId']}/.well-known/jwks.json")
    return keys.get_signing_keys()[0]


def unsigned(stack: SecuredStack) -> str:
    _, claims = parts_of(stack.token())
    return f"{encoded(as_bytes({'alg': 'none', 'typ': 'JWT'}))}.{encoded(as_bytes(claims))}."


def signed_with_the_public_key_as_a_secret(stack: SecuredStack) -> str:
    header, claims = parts_of(stack.token())
    # As a library takes the key's text that was meant for RS256. jwt refuses to sign with such a secret.
    secret = public_key_of(stack).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{encoded(as_bytes({**header, 'alg': 'HS256'}))}.{encoded(as_bytes(claims))}"
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def signed_by_somebody_else(stack: SecuredStack, **header: Any) -> str:
    genuine, claims = parts_of(stack.token())
    return token_of({**genuine, **header}, claims, key=OTHER_KEY)


def with_another_users_claims(stack: SecuredStack) -> str:
    header, _, signature = stack.token("one").split(".")
    _, claims = parts_of(stack.token("another"))
    return f"{header}.{encoded(as_bytes(claims))}.{signature}"


def of_another_client(stack: SecuredStack, pool: str) -> str:
    cognito, name, password = stack.cloud.client("cognito-idp"), stack.somebody(), "SecurePassword123!"
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="another", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)
    token: str = cognito.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH", ClientId=client, AuthParameters={"USERNAME": name, "PASSWORD": password}
    )["AuthenticationResult"]["IdToken"]
    return token


def of_another_pool(stack: SecuredStack) -> str:
    pool = stack.cloud.client("cognito-idp").create_user_pool(PoolName="another")["UserPool"]
    return of_another_client(stack, pool["Id"])


OVERSIZED = "a token larger than the contract allows"
FORGED: dict[str, Forge] = {
    "a token with the algorithm none": unsigned,
    "HS256 with the pool's public key as the secret": signed_with_the_public_key_as_a_secret,
    "signed with another key under the pool's key id": signed_by_somebody_else,
    "a key of its own inside (jwk)": lambda stack: signed_by_somebody_else(stack, jwk=published(OTHER_KEY, "mine")),
    "an address of keys inside (jku)": lambda stack: signed_by_somebody_else(stack, jku=f"{ATTACKER}/keys.json"),
    "an address of a certificate inside (x5u)": lambda stack: signed_by_somebody_else(stack, x5u=f"{ATTACKER}/x5u.pem"),
    "another user's claims under a genuine signature": with_another_users_claims,
    "a genuine token of another pool": of_another_pool,
    "a genuine token of another app client": lambda stack: of_another_client(stack, stack.outputs["UserPoolId"]),
    "a refresh token": lambda stack: stack.token(kind="RefreshToken"),
    "a token cut short": lambda stack: stack.token()[:-8],
    "a token of 16 KB": lambda stack: stack.token() + "A" * (16_384 - len(stack.token())),
    OVERSIZED: lambda _stack: "A" * 100_000,
    "no token": lambda _stack: "let me in",
}


def tries(forge: Forge, code: str) -> Attack:
    async def run(stack: SecuredStack) -> None:
        token = await asyncio.to_thread(forge, stack)
        async with stack.connection() as client:
            stopped_by(await client.ask({"action": "authenticate", "token": token}), code)
            stopped_by(await client.ask({"action": "finops_query", "query": "What did it cost?"}), "UNAUTHENTICATED")

    return run


async def keys_cannot_be_had(stack: SecuredStack) -> None:
    """A token such as was good a moment ago, while the pool's keys cannot be fetched: nobody gets in."""
    with own_keys(stack) as sign:
        await check_a_good_one(stack, sign)
        with stack.with_environment("connection-manager", TOKEN_KEYS_URL="http://127.0.0.1:9/keys"):
            async with stack.connection() as client:
                answer = await client.ask({"action": "authenticate", "token": sign({}, {})})
                if (await client.ask({"action": "ping"})).get("action") != "pong":
                    raise Inconclusive("It is the function that is broken.")
    stopped_by(answer, "INTERNAL")


async def another_user_on_the_same_connection(stack: SecuredStack) -> None:
    async with stack.signed_in() as client:
        token = await asyncio.to_thread(stack.token, stack.somebody())
        stopped_by(await client.ask({"action": "authenticate", "token": token}), REFUSED)


async def a_claim_after_a_token(stack: SecuredStack) -> None:
    async with stack.signed_in() as client:
        stopped_by(await client.ask({"action": "authenticate", "userId": "root", "username": "root"}), REFUSED)


async def asking_after_the_tokens_end(stack: SecuredStack) -> None:
    """Each action that serves users, on a connection whose token has run out."""
    async with stack.connection() as client:
        signed_in = await client.sign_in(await asyncio.to_thread(stack.token, stack.somebody()))
        stack.change_connection(signed_in["connectionId"], expiresAt=int(time.time()) - 1)
        for frame in (
            {"action": "finops_query", "query": "What did it cost?"},
            {"action": "resume_job", "jobId": "any"},
            {"action": "cancel_job", "jobId": "any"},
            {"action": "list_jobs"},
        ):
            stopped_by(await client.ask(frame), "SESSION_EXPIRED")
        must((await client.ask({"action": "ping"})).get("action") == "pong", "The connection is of no use any more.")


ATTACKS: dict[str, Attack] = {
    **{name: tries(forge, "INVALID_MESSAGE" if name == OVERSIZED else REFUSED) for name, forge in FORGED.items()},
    "a good token while the pool's keys cannot be had": keys_cannot_be_had,
    "signing in as another user on the same connection": another_user_on_the_same_connection,
    "claiming another name on a signed-in connection": a_claim_after_a_token,
    "asking after the token's end, in each way": asking_after_the_tokens_end,
}
