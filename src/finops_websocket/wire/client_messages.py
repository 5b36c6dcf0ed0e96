"""What clients send: a frame's text becomes a typed value, or a RequestError that says what is wrong with it.

The rules are the contract's (contract/messages.schema.json), compiled when a package is built.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from fastjsonschema import JsonSchemaValueException

from finops_websocket.errors import InvalidMessage, QueryTooLong, UnknownAction
from finops_websocket.records import from_record
from finops_websocket.wire import contract_validators

# The contract's bound for ids that clients send; a longer one is not echoed in a refusal.
_ID_CHARACTERS = 128


@dataclass(frozen=True)
class Authenticate:
    """Says who is asking, with a token or by claim."""

    token: str | None = None
    user_id: str | None = None
    username: str | None = None


@dataclass(frozen=True)
class Ping:
    """Keeps the connection open."""


@dataclass(frozen=True)
class FinopsQuery:
    """Asks a question. `agents` is None when the question's words are to decide."""

    query: str
    request_id: str | None = None
    agents: tuple[str, ...] | None = None
    user_id: str | None = None


@dataclass(frozen=True)
class ResumeJob:
    """Asks for a job's whole state, and follows it from there."""

    job_id: str


@dataclass(frozen=True)
class CancelJob:
    """Ends a job that is not finished."""

    job_id: str


@dataclass(frozen=True)
class ListJobs:
    """Asks for the user's jobs; `cursor` is None for the newest ones."""

    # The contract's 20 for an asker who does not say how many.
    limit: int = 20
    cursor: str | None = None


ClientMessage = Authenticate | Ping | FinopsQuery | ResumeJob | CancelJob | ListJobs

_ACTIONS: dict[str, tuple[type[ClientMessage], Callable[[Any], Any]]] = {
    "authenticate": (Authenticate, contract_validators.validate_authenticate),
    "ping": (Ping, contract_validators.validate_ping),
    "finops_query": (FinopsQuery, contract_validators.validate_finops_query),
    "resume_job": (ResumeJob, contract_validators.validate_resume_job),
    "cancel_job": (CancelJob, contract_validators.validate_cancel_job),
    "list_jobs": (ListJobs, contract_validators.validate_list_jobs),
}


def parse_frame(text: str) -> dict[str, Any]:
    """Read a frame as a JSON object with an action; raise InvalidMessage if it is none."""
    try:
        frame = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidMessage("The message is not valid JSON text.") from None
    if not isinstance(frame, dict):
        raise InvalidMessage("The message must be a JSON object.")
    if not isinstance(frame.get("action"), str):
        raise InvalidMessage("The message needs an action, a string such as 'finops_query'.")
    return frame


def parse_message(frame: dict[str, Any]) -> ClientMessage:
    """Turn a frame into the value of its action; raise InvalidMessage, QueryTooLong or UnknownAction."""
    if frame["action"] not in _ACTIONS:
        known = ", ".join(sorted(_ACTIONS))
        raise UnknownAction(f"This action is not known. The known actions are: {known}.")
    if not _can_be_written(frame):
        raise InvalidMessage("The message has half a character in it, which cannot be written as UTF-8.")
    message_type, validate = _ACTIONS[frame["action"]]
    try:
        validate(frame)
    except JsonSchemaValueException as error:
        raise _refusal(frame, error) from None
    return from_record(message_type, frame)


def id_in(frame: dict[str, Any], field: str) -> str | None:
    """Find an id in a frame that may be wrong otherwise, so that a refusal can name it."""
    value = frame.get(field)
    is_id = isinstance(value, str) and 0 < len(value) <= _ID_CHARACTERS and _can_be_written(value)
    return value if is_id else None


def _can_be_written(value: Any) -> bool:
    # A lone surrogate is valid JSON (a text cut in the middle of an emoji has one) and cannot be written as UTF-8: no
    # store and no socket would take it.
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def _refuse_constant(name: str) -> NoReturn:
    # Python reads NaN and Infinity, which are not JSON.
    raise ValueError(name)


def _refusal(frame: dict[str, Any], error: JsonSchemaValueException) -> InvalidMessage | QueryTooLong:
    field = ".".join(str(part) for part in error.path[1:])
    rule, expected = error.rule, error.rule_definition
    if field == "query" and rule == "maxLength":
        return QueryTooLong(f"The question has {len(frame['query'])} characters; at most {expected} are taken.")
    if rule == "anyOf":
        return InvalidMessage("authenticate needs a token, or a userId.")
    if rule == "required":
        missing = [name for name in expected if name not in error.value]
        return InvalidMessage(f"{frame['action']} needs the field {' and '.join(missing)}.")
    expectation = _EXPECTATIONS.get(str(rule), "has a value that is not allowed")
    return InvalidMessage(f"The field {field} {expectation.format(expected)}.")


_EXPECTATIONS = {
    "type": "must be of the type {}",
    "minLength": "must not be empty",
    "pattern": "must not be blank",
    "maxLength": "must not be longer than {} characters",
    "minimum": "must be at least {}",
    "maximum": "must not be more than {}",
    "minItems": "must not be empty",
    "maxItems": "must not have more than {} entries",
}
