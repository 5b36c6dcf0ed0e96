"""What clients send: a frame's text becomes a typed value, or a RequestError that says what is wrong with it.

Pure: no AWS call. The rules are the contract's (contract/messages.schema.json), compiled when a package is built.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from fastjsonschema import JsonSchemaValueException

from finops_websocket import contract_validators
from finops_websocket.errors import InvalidMessage, QueryTooLong, UnknownAction

# The contract's bound for ids that clients send; a longer one is not echoed in a refusal.
_ID_CHARACTERS = 128

# How many jobs a list has when its asker does not say.
_DEFAULT_LIMIT = 20


@dataclass(frozen=True)
class Authenticate:
    """Says who is asking, with a token or by claim."""

    token: str | None
    user_id: str | None
    username: str | None


@dataclass(frozen=True)
class Ping:
    """Keeps the connection open."""


@dataclass(frozen=True)
class FinopsQuery:
    """Asks a question. `agents` is None when the question's words are to decide."""

    query: str
    request_id: str | None
    agents: tuple[str, ...] | None
    user_id: str | None


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

    limit: int
    cursor: str | None


ClientMessage = Authenticate | Ping | FinopsQuery | ResumeJob | CancelJob | ListJobs


def parse_frame(text: str) -> dict[str, Any]:
    """Read a frame as a JSON object with an action; raise InvalidMessage or UnknownAction."""
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
    parser = _PARSERS.get(frame["action"])
    if parser is None:
        known = ", ".join(sorted(_PARSERS))
        raise UnknownAction(f"This action is not known. The known actions are: {known}.")
    if not _can_be_written(frame):
        raise InvalidMessage("The message has half a character in it, which cannot be written as UTF-8.")
    validate, build = parser
    try:
        validate(frame)
    except JsonSchemaValueException as error:
        raise _refusal(frame, error) from None
    return build(frame)


def request_id_of(frame: dict[str, Any]) -> str | None:
    """Find the client's own id in a frame that may be wrong otherwise, so that a refusal can name it."""
    return _id_in(frame, "requestId")


def job_id_of(frame: dict[str, Any]) -> str | None:
    """Find the job that a frame names which may be wrong otherwise, so that a refusal can name it."""
    return _id_in(frame, "jobId")


def _id_in(frame: dict[str, Any], field: str) -> str | None:
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


def _authenticate(frame: dict[str, Any]) -> Authenticate:
    return Authenticate(frame.get("token"), frame.get("userId"), frame.get("username"))


def _ping(_frame: dict[str, Any]) -> Ping:
    return Ping()


def _finops_query(frame: dict[str, Any]) -> FinopsQuery:
    agents = frame.get("agents")
    return FinopsQuery(
        query=frame["query"],
        request_id=frame.get("requestId"),
        # Asked twice, an agent answers once.
        agents=None if agents is None else tuple(dict.fromkeys(agents)),
        user_id=frame.get("userId"),
    )


def _resume_job(frame: dict[str, Any]) -> ResumeJob:
    return ResumeJob(frame["jobId"])


def _cancel_job(frame: dict[str, Any]) -> CancelJob:
    return CancelJob(frame["jobId"])


def _list_jobs(frame: dict[str, Any]) -> ListJobs:
    # 20.0 is an integer in JSON Schema.
    return ListJobs(int(frame.get("limit", _DEFAULT_LIMIT)), frame.get("cursor"))


_Parser = tuple[Callable[[Any], Any], Callable[[dict[str, Any]], ClientMessage]]

_PARSERS: dict[str, _Parser] = {
    "authenticate": (contract_validators.validate_authenticate, _authenticate),
    "ping": (contract_validators.validate_ping, _ping),
    "finops_query": (contract_validators.validate_finops_query, _finops_query),
    "resume_job": (contract_validators.validate_resume_job, _resume_job),
    "cancel_job": (contract_validators.validate_cancel_job, _cancel_job),
    "list_jobs": (contract_validators.validate_list_jobs, _list_jobs),
}


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
    return InvalidMessage(f"The field {field} {_EXPECTATIONS.get(str(rule), _not_allowed)(expected)}.")


def _not_allowed(_expected: Any) -> str:
    return "has a value that is not allowed"


_EXPECTATIONS: dict[str, Callable[[Any], str]] = {
    "type": lambda expected: f"must be of the type {expected}",
    "minLength": lambda _expected: "must not be empty",
    "pattern": lambda _expected: "must not be blank",
    "maxLength": lambda expected: f"must not be longer than {expected} characters",
    "minimum": lambda expected: f"must be at least {expected}",
    "maximum": lambda expected: f"must not be more than {expected}",
    "minItems": lambda _expected: "must not be empty",
    "maxItems": lambda expected: f"must not have more than {expected} entries",
}
