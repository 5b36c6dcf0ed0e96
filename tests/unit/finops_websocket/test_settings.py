from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket.errors import SettingsError
from finops_websocket.settings import BackgroundProcessorSettings, ConnectionManagerSettings, MessageHandlerSettings
from function_environment import environment_names, function_environment

Settings = type[ConnectionManagerSettings | MessageHandlerSettings | BackgroundProcessorSettings]
HANDLERS: dict[Settings, str] = {
    ConnectionManagerSettings: "connection_manager.handler.handler",
    MessageHandlerSettings: "message_handler.handler.handler",
    BackgroundProcessorSettings: "background_processor.handler.handler",
}
# Reading the template takes a tenth of a second: once for each function.
ENVIRONMENTS = {settings: function_environment(handler) for settings, handler in HANDLERS.items()}
TOKEN_NAMES = ("TOKEN_ISSUER", "TOKEN_KEYS_URL", "TOKEN_CLIENT_ID")


class RecordingEnvironment(Mapping[str, str]):
    """An environment that notes what is asked of it."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)


def names_of(settings: Settings) -> set[str]:
    # Powertools' own variables are read by Powertools.
    return {name for name in environment_names(HANDLERS[settings]) if not name.startswith("POWERTOOLS_")}


@pytest.mark.parametrize("settings", HANDLERS)
def test_the_template_gives_what_the_function_reads_and_nothing_else(settings: Settings) -> None:
    environment = RecordingEnvironment(ENVIRONMENTS[settings])
    settings.read(environment)
    assert environment.asked == names_of(settings)


@pytest.mark.parametrize("lacking", ["", None])
@pytest.mark.parametrize(
    ("settings", "name"), [(settings, name) for settings in HANDLERS for name in sorted(names_of(settings))]
)
def test_a_missing_variable_is_named(settings: Settings, name: str, lacking: str | None) -> None:
    environment = {other: value for other, value in ENVIRONMENTS[settings].items() if other != name}
    if lacking is not None:
        environment[name] = lacking
    with pytest.raises(SettingsError, match=rf"\b{name}\b"):
        settings.read(environment)


@pytest.mark.parametrize(
    ("settings", "name", "value"),
    [
        (ConnectionManagerSettings, "AUTH_MODE", "none"),
        (MessageHandlerSettings, "AUTH_MODE", "COGNITO"),
        (ConnectionManagerSettings, "MISSING_ORIGIN", "Allow"),
        (ConnectionManagerSettings, "MAX_CONNECTIONS_PER_USER", "0"),
        (MessageHandlerSettings, "MAX_ACTIVE_JOBS_PER_USER", "0"),
        (MessageHandlerSettings, "MAX_QUERIES_PER_MINUTE", "unlimited"),
        (ConnectionManagerSettings, "MANAGEMENT_ENDPOINT", "wss://api.example.com/prod"),
        (MessageHandlerSettings, "PROCESSING_QUEUE_URL", "processing-queue"),
        (MessageHandlerSettings, "JOB_RETENTION_DAYS", "0"),
        (ConnectionManagerSettings, "PROCESSING_QUEUE_URL", "processing-queue"),
        (BackgroundProcessorSettings, "DEAD_LETTER_QUEUE_URL", "processing-dlq"),
        (ConnectionManagerSettings, "STUCK_JOB_SECONDS", "0"),
        (MessageHandlerSettings, "AGENT_TIMEOUT_SECONDS", "0"),
        (MessageHandlerSettings, "STUCK_JOB_SECONDS", "15 minutes"),
        (BackgroundProcessorSettings, "STUCK_JOB_SECONDS", "-900"),
        (BackgroundProcessorSettings, "AGENT_TIMEOUT_SECONDS", "-1"),
        (BackgroundProcessorSettings, "HEARTBEAT_SECONDS", "8.5"),
        (BackgroundProcessorSettings, "LEASE_SECONDS", "two minutes"),
        (BackgroundProcessorSettings, "LEASE_SECONDS", "١٢٠"),
        (BackgroundProcessorSettings, "LEASE_SECONDS", "²"),
        (BackgroundProcessorSettings, "MANAGEMENT_ENDPOINT", "ftp://api.example.com"),
    ],
)
def test_an_impossible_value_is_named(settings: Settings, name: str, value: str) -> None:
    environment = {**ENVIRONMENTS[settings], name: value}
    with pytest.raises(SettingsError, match=rf"\b{name}\b"):
        settings.read(environment)


def test_a_heartbeat_must_renew_the_lease_in_time() -> None:
    environment = ENVIRONMENTS[BackgroundProcessorSettings]
    with pytest.raises(SettingsError, match="LEASE_SECONDS"):
        BackgroundProcessorSettings.read({**environment, "LEASE_SECONDS": "8", "HEARTBEAT_SECONDS": "8"})
    settings = BackgroundProcessorSettings.read({**environment, "LEASE_SECONDS": "9", "HEARTBEAT_SECONDS": "8"})
    assert (settings.lease, settings.heartbeat) == (9, 8)


def test_the_limits_and_the_origins_are_the_template_s() -> None:
    connection_manager = ConnectionManagerSettings.read(ENVIRONMENTS[ConnectionManagerSettings])
    assert connection_manager.max_connections_per_user == 10
    assert (connection_manager.allowed_origins, connection_manager.missing_origin) == ("*", "allow")
    message_handler = MessageHandlerSettings.read(ENVIRONMENTS[MessageHandlerSettings])
    assert (message_handler.max_active_jobs_per_user, message_handler.max_queries_per_minute) == (10, 30)
    processor = BackgroundProcessorSettings.read(ENVIRONMENTS[BackgroundProcessorSettings])
    assert message_handler.agent_timeout == processor.agent_timeout


@given(st.sampled_from(list(HANDLERS)), st.data())
def test_any_value_is_taken_or_refused_as_a_settings_error(settings: Settings, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(names_of(settings))))
    environment = {**ENVIRONMENTS[settings], name: data.draw(st.text())}
    try:
        settings.read(environment)
    except SettingsError as error:
        assert name in str(error)
