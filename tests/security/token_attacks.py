"""Tokens that must not let anybody in: forged ones, and genuine ones of somebody or something else."""

import asyncio
import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jwt

from security.attack import Attack, AttackSucceeded, must, stopped_by
from security.secured_stack import SecuredStack
from unit.connection_manager.key_server import KeyServer
from unit.connection_manager.sample_tokens import KEY, OTHER_KEY, encoded, key_set, published, token_of

Forge = Callable[[SecuredStack], str]

REFUSED = ("INVALID_TOKEN",)


def parts_of(token: str) -> list[Any]:
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]]


def public_key_of(stack: SecuredStack) -> Any:
    """The pool's key as everybody can fetch it."""
    keys = jwt.PyJWKClient(f"{stack.cloud.endpoint_url}/{stack.outputs['UserPoolId']}/.well-known/jwks.json")
    return keys.get_signing_keys()[0]


def unsigned(stack: SecuredStack) -> str:
    _, claims = parts_of(stack.token())
    return f"{encoded(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{encoded(json.dumps(claims).encode())}."


def signed_with_the_public_key_as_a_secret(stack: SecuredStack) -> str:
    header, claims = parts_of(stack.token())
    secret = public_key_of(stack).key.public_numbers().n.to_bytes(256, "big")
    signed = ".".join(encoded(json.dumps(part).encode()) for part in ({**header, "alg": "HS256"}, claims))
    signature = jwt.get_algorithm_by_name("HS256").sign(signed.encode(), secret)
    return f"{signed}.{encoded(signature)}"


def signed_by_somebody_else(stack: SecuredStack, **header: Any) -> str:
    genuine, claims = parts_of(stack.token())
    return token_of({**genuine, **header}, claims, key=OTHER_KEY)


def with_a_key_of_its_own(stack: SecuredStack) -> str:
    return signed_by_somebody_else(stack, jwk=published(OTHER_KEY, "mine"))


def with_an_address_of_keys(stack: SecuredStack) -> str:
    return signed_by_somebody_else(stack, jku="https://attacker.example/keys.json")


def with_an_address_of_a_certificate(stack: SecuredStack) -> str:
    return signed_by_somebody_else(stack, x5u="https://attacker.example/certificate.pem")


def with_another_users_claims(stack: SecuredStack) -> str:
    header, _, signature = stack.token("one").split(".")
    _, claims = parts_of(stack.token("another"))
    return f"{header}.{encoded(json.dumps(claims).encode())}.{signature}"


def of_another_pool(stack: SecuredStack) -> str:
    cognito = stack.cloud.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="another")["UserPool"]["Id"]
    return token_of_client(stack, pool, new_client(stack, pool))


def of_another_client(stack: SecuredStack) -> str:
    stack.token()
    pool = stack.outputs["UserPoolId"]
    return token_of_client(stack, pool, new_client(stack, pool))


def new_client(stack: SecuredStack, pool: str) -> str:
    client: str = stack.cloud.client("cognito-idp").create_user_pool_client(
        UserPoolId=pool, ClientName="another", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    return client


def token_of_client(stack: SecuredStack, pool: str, client: str) -> str:
    cognito = stack.cloud.client("cognito-idp")
    name, password = stack.somebody(), "SecurePassword123!"
    cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)
    token: str = cognito.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH", ClientId=client, AuthParameters={"USERNAME": name, "PASSWORD": password}
    )["AuthenticationResult"]["IdToken"]
    return token


def refresh_token(stack: SecuredStack) -> str:
    return stack.token(kind="RefreshToken")


FORGED: dict[str, Forge] = {
    "a token with the algorithm none": unsigned,
    "HS256 with the pool's public key as the secret": signed_with_the_public_key_as_a_secret,
    "signed with another key under the pool's key id": signed_by_somebody_else,
    "a key of its own inside (jwk)": with_a_key_of_its_own,
    "an address of keys inside (jku)": with_an_address_of_keys,
    "an address of a certificate inside (x5u)": with_an_address_of_a_certificate,
    "another user's claims under a genuine signature": with_another_users_claims,
    "a genuine token of another pool": of_another_pool,
    "a genuine token of another app client": of_another_client,
    "a refresh token": refresh_token,
    "a token cut short": lambda stack: stack.token()[:-8],
    "a token of 16 KB": lambda stack: stack.token() + "A" * (16_384 - len(stack.token())),
    "a token larger than the contract allows": lambda _stack: "A" * 100_000,
    "no token": lambda _stack: "let me in",
}


def tries(forge: Forge) -> Callable[[SecuredStack], Any]:
    async def run(stack: SecuredStack) -> str:
        token = await asyncio.to_thread(forge, stack)
        async with stack.connection() as client:
            ended = stopped_by(
                await client.ask({"action": "authenticate", "token": token}), "INVALID_TOKEN", "INVALID_MESSAGE"
            )
            stopped_by(await client.ask({"action": "finops_query", "query": "What did it cost?"}), "UNAUTHENTICATED")
        return ended

    return run


# What a pool signs and its private key's owner alone can: such tokens are made with a key of the test's own, which the
# function takes for the pool's.
NOW = int(time.time())
OWN_CLAIMS: dict[str, Any] = {
    "sub": "11111111-2222-4333-8444-555555555555",
    "token_use": "id",
    "exp": NOW + 3600,
    "iat": NOW,
    "cognito:username": "ada",
}
SIGNED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an expired token": ({}, {"exp": NOW - 60, "iat": NOW - 3660}),
    "a token that is not valid yet": ({}, {"nbf": NOW + 600}),
    "a token that is issued in the future": ({}, {"iat": NOW + 600}),
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
def own_keys(stack: SecuredStack) -> Iterator[Callable[..., str]]:
    """Let the function take a key of ours for the pool's, and give what signs tokens with it."""
    pool, region = stack.outputs["UserPoolId"], stack.outputs["UserPoolId"].split("_")[0]
    claims = {
        **OWN_CLAIMS,
        "iss": f"https://cognito-idp.{region}.amazonaws.com/{pool}",
        "aud": stack.outputs["UserPoolClientId"],
    }

    def sign(header: dict[str, Any], changes: dict[str, Any]) -> str:
        changed = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return token_of({"alg": "RS256", "kid": "ours", **header}, changed, key=KEY)

    with (
        KeyServer(key_set(ours=KEY)) as server,
        stack.with_environment("connection-manager", TOKEN_KEYS_URL=server.url),
    ):
        yield sign


async def signed_tokens_that_prove_nothing(stack: SecuredStack, names: list[str]) -> dict[str, str]:
    """Try them all with the same keys, and a good one, which must be taken, before and after."""
    ended: dict[str, str] = {}
    with own_keys(stack) as sign:
        for name in ("", *names, ""):
            header, changes = SIGNED.get(name, ({}, {}))
            async with stack.connection() as client:
                answer = await client.ask({"action": "authenticate", "token": sign(header, changes)})
            if name:
                ended[name] = stopped_by(answer, *REFUSED)
            else:
                must(answer["type"] == "authenticated", f"A good token is refused: {answer}")
    return ended


async def keys_cannot_be_had(stack: SecuredStack) -> str:
    """A token that would be good, while the pool's keys cannot be fetched: nobody gets in."""
    with (
        own_keys(stack) as sign,
        stack.with_environment("connection-manager", TOKEN_KEYS_URL="http://127.0.0.1:9/keys"),
    ):
        async with stack.connection() as client:
            return stopped_by(await client.ask({"action": "authenticate", "token": sign({}, {})}), "INTERNAL")


async def another_user_on_the_same_connection(stack: SecuredStack) -> str:
    async with stack.signed_in() as client:
        token = await asyncio.to_thread(stack.token, stack.somebody())
        return stopped_by(await client.ask({"action": "authenticate", "token": token}), *REFUSED)


async def a_claim_after_a_token(stack: SecuredStack) -> str:
    async with stack.signed_in() as client:
        return stopped_by(await client.ask({"action": "authenticate", "userId": "root", "username": "root"}), *REFUSED)


async def asking_after_the_tokens_end(stack: SecuredStack) -> str:
    """Each action that serves users, on a connection whose token has run out."""
    ended = set()
    async with stack.connection() as client:
        signed_in = await client.sign_in(await asyncio.to_thread(stack.token, stack.somebody()))
        stack.change_connection(signed_in["connectionId"], expiresAt=int(time.time()) - 1)
        for frame in (
            {"action": "finops_query", "query": "What did it cost?"},
            {"action": "resume_job", "jobId": "any"},
            {"action": "cancel_job", "jobId": "any"},
            {"action": "list_jobs"},
        ):
            ended.add(stopped_by(await client.ask(frame), "SESSION_EXPIRED"))
        if (await client.ask({"action": "ping"})).get("action") != "pong":
            raise AttackSucceeded("The connection is of no use any more.")
    return ", ".join(ended)


ATTACKS = (
    *(Attack(name, "tokens", tries(forge)) for name, forge in FORGED.items()),
    Attack("a good token while the pool's keys cannot be had", "tokens", keys_cannot_be_had),
    Attack("signing in as another user on the same connection", "tokens", another_user_on_the_same_connection),
    Attack("claiming another name on a signed-in connection", "tokens", a_claim_after_a_token),
    Attack("asking after the token's end, in each way", "tokens", asking_after_the_tokens_end),
)
