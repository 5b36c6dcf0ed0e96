"""What an authenticator app shows: RFC 6238 with its defaults, as Cognito's users have them."""

import base64
import hashlib
import hmac
import time


def totp_code(key: str) -> str:
    """Give the code of now for a key in base 32."""
    digest = hmac.new(base64.b32decode(key), int(time.time() // 30).to_bytes(8, "big"), hashlib.sha1).digest()
    begin = digest[-1] & 0x0F
    number = int.from_bytes(digest[begin : begin + 4], "big") & 0x7FFF_FFFF
    return f"{number % 1_000_000:06}"
