"""The functions' environment, read once at their start. Nothing else reads environment variables.

Each field is the environment variable of its name in capitals. A missing or impossible value raises SettingsError while
the module loads, so that a wrong deployment fails at its first invocation instead of at some user's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, NewType, Self, get_args, get_type_hints

from finops_websocket.errors import SettingsError

Url = NewType("Url", str)
AuthMode = Literal["cognito", "open"]


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """What each function is told by the template. Numbers are whole and above 0, times in seconds."""

    connections_table: str
    jobs_table: str
    results_bucket: str
    processing_queue_url: Url
    stuck_job_seconds: int
    management_endpoint: Url

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read them; raise SettingsError if one is missing or impossible."""
        types = get_type_hints(cls)
        return cls(**{each.name: _read(environment, each.name.upper(), types[each.name]) for each in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class ConnectionManagerSettings(FunctionSettings):
    """What the connection manager is told besides."""

    auth_mode: AuthMode
    allowed_origins: str
    missing_origin: Literal["allow", "refuse"]
    token_issuer: Url
    token_keys_url: Url
    token_client_id: str
    max_connections_per_user: int


@dataclass(frozen=True, kw_only=True)
class MessageHandlerSettings(FunctionSettings):
    """What the message handler is told besides."""

    auth_mode: AuthMode
    cost_forecast_function: str
    trusted_advisor_function: str
    job_retention_days: int
    agent_timeout_seconds: int
    max_active_jobs_per_user: int
    max_queries_per_minute: int


@dataclass(frozen=True, kw_only=True)
class BackgroundProcessorSettings(FunctionSettings):
    """What the background processor is told besides."""

    dead_letter_queue_url: Url
    cost_forecast_function: str
    trusted_advisor_function: str
    agent_timeout_seconds: int
    heartbeat_seconds: int
    lease_seconds: int

    def __post_init__(self) -> None:
        """Raise SettingsError if a job's lease could run out between two of its heartbeats, which renew it."""
        if self.lease_seconds <= self.heartbeat_seconds:
            raise SettingsError("LEASE_SECONDS must be greater than HEARTBEAT_SECONDS: a heartbeat renews the lease.")


def _read(environment: Mapping[str, str], name: str, kind: Any) -> Any:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"The environment variable {name} is missing.")
    return _READERS.get(kind, _one_of(get_args(kind)))(name, value)


def _url(name: str, value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise SettingsError(f"The environment variable {name} must be an http or https address.")
    return value


def _whole_number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise SettingsError(f"The environment variable {name} must be a whole number above 0.")
    return int(value)


def _one_of(allowed: tuple[str, ...]) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value not in allowed:
            raise SettingsError(f"The environment variable {name} must be one of: {', '.join(allowed)}.")
        return value

    return read


_READERS: dict[Any, Callable[[str, str], Any]] = {str: lambda _name, value: value, Url: _url, int: _whole_number}
