"""From which web pages a connection may be opened. Pure.

A browser says in the header Origin which page opens a WebSocket, and its scripts cannot change that; it is all that
tells a page of ours from somebody else's, as WebSockets know no CORS:
https://www.rfc-editor.org/rfc/rfc6455#section-10.2
Whoever is no browser may send any Origin, or none: who is asking is shown by tokens, not by this.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from finops_websocket.errors import SettingsError

# An origin as a browser writes it: a lower-case scheme and host, perhaps a port, and nothing after it.
# https://www.rfc-editor.org/rfc/rfc6454#section-6.2
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")

_ANY = "*"


@dataclass(frozen=True)
class OriginPolicy:
    """Which origins may connect: these (None: all), and whether a connection may have none."""

    allowed: frozenset[str] | None
    allows_missing: bool

    @classmethod
    def read(cls, allowed: str, missing: str) -> "OriginPolicy":
        """Read it from `allowed`, origins or * with commas between them, and `missing`: "allow", or else none may.

        Raises SettingsError if `allowed` has anything else in it: an origin that no browser would send (with a path, a
        slash at its end, a capital letter, or "null") shows when the function starts, not at every connection.
        """
        allows_missing = missing == "allow"
        origins = [origin.strip() for origin in allowed.split(",")]
        if _ANY in origins:
            return cls(None, allows_missing)
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise SettingsError(f"An allowed origin must be like https://app.example.com, not {origin!r}.")
        return cls(frozenset(origins), allows_missing)

    def allows(self, origins: tuple[str, ...]) -> bool:
        """Say whether a connection with these values of Origin may be opened.

        A listed origin is compared character by character. The origin "null" (a sandboxed frame, a file) cannot be
        listed, because every other such page has it, too; only * allows it. Several values are refused, though each
        may be listed: no browser sends more than one (https://www.rfc-editor.org/rfc/rfc6454#section-7.3), so none of
        them is believed. With * there is nothing to believe, and several are as good as one.
        """
        if not origins:
            return self.allows_missing
        if self.allowed is None:
            return True
        return len(origins) == 1 and origins[0] in self.allowed


def origins_of(event: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the values of the header Origin with which a connection opens, in most cases one.

    The headers of a $connect event come twice, with one and with all values of each, under the names that the client
    wrote: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
    """
    lists = event.get("multiValueHeaders") or {}
    origins = tuple(value for name, values in lists.items() if _is_origin(name) for value in values)
    singles = event.get("headers") or {}
    return origins or tuple(value for name, value in singles.items() if _is_origin(name))


def _is_origin(name: str) -> bool:
    # Names of headers are the same in any case: https://www.rfc-editor.org/rfc/rfc9110#section-5.1
    return name.lower() == "origin"
