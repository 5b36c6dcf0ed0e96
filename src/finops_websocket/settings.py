"""The functions' environment, read once at their start. Nothing else reads environment variables.

A missing or impossible value raises SettingsError while the module loads, so that a wrong deployment fails at its
first invocation instead of at some user's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from finops_websocket.errors import SettingsError

AUTH_MODES = ("cognito", "open")
MISSING_ORIGIN_POLICIES = ("allow", "refuse")


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """What each function is told by the template. Times are in seconds."""

    connections_table: str
    jobs_table: str
    results_bucket: str
    processing_queue_url: str
    stuck_job_seconds: int
    management_endpoint: str


@dataclass(frozen=True, kw_only=True)
class ConnectionManagerSettings(FunctionSettings):
    """What the connection manager is told besides."""

    auth_mode: str
    allowed_origins: str
    missing_origin: str
    token_issuer: str
    token_keys_url: str
    token_client_id: str
    max_connections_per_user: int

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "ConnectionManagerSettings":
        """Read them; raise SettingsError if one is missing or impossible."""
        return cls(
            **_of_each_function(environment),
            auth_mode=_one_of(environment, "AUTH_MODE", AUTH_MODES),
            allowed_origins=_text(environment, "ALLOWED_ORIGINS"),
            missing_origin=_one_of(environment, "MISSING_ORIGIN", MISSING_ORIGIN_POLICIES),
            token_issuer=_url(environment, "TOKEN_ISSUER"),
            token_keys_url=_url(environment, "TOKEN_KEYS_URL"),
            token_client_id=_text(environment, "TOKEN_CLIENT_ID"),
            max_connections_per_user=_whole_number(environment, "MAX_CONNECTIONS_PER_USER"),
        )


@dataclass(frozen=True, kw_only=True)
class MessageHandlerSettings(FunctionSettings):
    """What the message handler is told besides; `agent_timeout` is in seconds."""

    auth_mode: str
    cost_forecast_function: str
    trusted_advisor_function: str
    job_retention_days: int
    agent_timeout: int
    max_active_jobs_per_user: int
    max_queries_per_minute: int

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "MessageHandlerSettings":
        """Read them; raise SettingsError if one is missing or impossible."""
        return cls(
            **_of_each_function(environment),
            auth_mode=_one_of(environment, "AUTH_MODE", AUTH_MODES),
            cost_forecast_function=_text(environment, "COST_FORECAST_FUNCTION"),
            trusted_advisor_function=_text(environment, "TRUSTED_ADVISOR_FUNCTION"),
            job_retention_days=_whole_number(environment, "JOB_RETENTION_DAYS"),
            agent_timeout=_whole_number(environment, "AGENT_TIMEOUT_SECONDS"),
            max_active_jobs_per_user=_whole_number(environment, "MAX_ACTIVE_JOBS_PER_USER"),
            max_queries_per_minute=_whole_number(environment, "MAX_QUERIES_PER_MINUTE"),
        )


@dataclass(frozen=True, kw_only=True)
class BackgroundProcessorSettings(FunctionSettings):
    """What the background processor is told besides. Times are in seconds."""

    dead_letter_queue_url: str
    cost_forecast_function: str
    trusted_advisor_function: str
    agent_timeout: int
    heartbeat: int
    lease: int

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "BackgroundProcessorSettings":
        """Read them; raise SettingsError if one is missing or impossible."""
        settings = cls(
            **_of_each_function(environment),
            dead_letter_queue_url=_url(environment, "DEAD_LETTER_QUEUE_URL"),
            cost_forecast_function=_text(environment, "COST_FORECAST_FUNCTION"),
            trusted_advisor_function=_text(environment, "TRUSTED_ADVISOR_FUNCTION"),
            agent_timeout=_whole_number(environment, "AGENT_TIMEOUT_SECONDS"),
            heartbeat=_whole_number(environment, "HEARTBEAT_SECONDS"),
            lease=_whole_number(environment, "LEASE_SECONDS"),
        )
        if settings.lease <= settings.heartbeat:
            raise SettingsError("LEASE_SECONDS must be greater than HEARTBEAT_SECONDS: a heartbeat renews the lease.")
        return settings


def _of_each_function(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        "connections_table": _text(environment, "CONNECTIONS_TABLE"),
        "jobs_table": _text(environment, "JOBS_TABLE"),
        "results_bucket": _text(environment, "RESULTS_BUCKET"),
        "processing_queue_url": _url(environment, "PROCESSING_QUEUE_URL"),
        "stuck_job_seconds": _whole_number(environment, "STUCK_JOB_SECONDS"),
        "management_endpoint": _url(environment, "MANAGEMENT_ENDPOINT"),
    }


def _text(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"The environment variable {name} is missing.")
    return value


def _url(environment: Mapping[str, str], name: str) -> str:
    value = _text(environment, name)
    if not value.startswith(("https://", "http://")):
        raise SettingsError(f"The environment variable {name} must be an http or https address.")
    return value


def _one_of(environment: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = _text(environment, name)
    if value not in allowed:
        raise SettingsError(f"The environment variable {name} must be one of: {', '.join(allowed)}.")
    return value


def _whole_number(environment: Mapping[str, str], name: str) -> int:
    value = _text(environment, name)
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise SettingsError(f"The environment variable {name} must be a whole number above 0.")
    return int(value)
