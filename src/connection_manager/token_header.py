"""A token's header, checked before a key is looked for. Pure.

Cognito signs with RS256 and names its key by `kid`; its headers say nothing else:
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
So whatever would let a sender choose how its token is checked (another algorithm, a key of its own in `jwk`, `jku` or
`x5u`, an extension in `crit`) is refused here, without a fetch or a signature being computed for it:
https://www.rfc-editor.org/rfc/rfc8725
"""

import base64
import json
import re
from typing import Any

import jwt

# Characters. The whole token's are the contract's; Cognito's own headers have about 100, and its key ids 44.
_MAX_TOKEN = 16_384
_MAX_KEY_ID = 128

# Three parts in base64url, without padding (https://www.rfc-editor.org/rfc/rfc7515#section-2), the first one short:
# longer headers are not Cognito's, and could be nested more deeply than Python reads.
_TOKEN = re.compile(r"([A-Za-z0-9_-]{1,512})\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

_ALLOWED_NAMES = {"alg", "kid", "typ"}


def read_key_id(token: str) -> str:
    """Read the id of the key with which a token says it is signed: 1 to 128 characters.

    Raises jwt.DecodeError if it is no token or too large, jwt.InvalidAlgorithmError if it is not for RS256, and
    jwt.InvalidTokenError if its header says what Cognito's do not say.
    """
    if len(token) > _MAX_TOKEN:
        raise jwt.DecodeError("The token is too large.")
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise jwt.DecodeError("The token has not the three parts of one.")
    header = _read_header(parts[1])
    if header.get("alg") != "RS256":
        raise jwt.InvalidAlgorithmError("The token is not signed with RS256.")
    if not header.keys() <= _ALLOWED_NAMES or not isinstance(header.get("typ", ""), str):
        raise jwt.InvalidTokenError("The header has parameters that are not for it to choose.")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= _MAX_KEY_ID:
        raise jwt.InvalidTokenError("The header names no key.")
    return key_id


def _read_header(part: str) -> dict[str, Any]:
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        # Text first: json.loads would take bytes in UTF-16 and UTF-32, too.
        header = json.loads(decoded.decode("utf-8"), object_pairs_hook=_distinct_names)
    except ValueError:
        raise jwt.DecodeError("The header is not JSON.") from None
    # Bits that the last character has to spare would make many tokens of one.
    if base64.urlsafe_b64encode(decoded).decode().rstrip("=") != part:
        raise jwt.DecodeError("The header is not written the one way that it can be.")
    if not isinstance(header, dict):
        raise jwt.DecodeError("The header is not a JSON object.")
    return header


def _distinct_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two values of one name, one reader would check the first and another would use the second.
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("A name is there twice.")
    return names
