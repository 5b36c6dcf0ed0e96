"""The functions' environment: what the template gives is what they read, and nothing impossible is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_benchmarks.function_environment import environment_names, function_environment
from finops_websocket.errors import SettingsError
from finops_websocket.settings import BackgroundProcessorSettings, ConnectionManagerSettings, MessageHandlerSettings

HANDLERS = {
    ConnectionManagerSettings: "connection_manager.handler.handler",
    MessageHandlerSettings: "message_handler.handler.handler",
    BackgroundProcessorSettings: "background_processor.handler.handler",
}
# Reading the template takes a tenth of a second: once for each function.
ENVIRONMENTS = {settings: function_environment(handler) for settings, handler in HANDLERS.items()}


def names_of(settings):
    # Powertools' own variables are read by Powertools.
    return {name for name in environment_names(HANDLERS[settings]) if not name.startswith("POWERTOOLS_")}


@pytest.mark.parametrize(
    ("settings", "name"), [(settings, name) for settings in HANDLERS for name in sorted(names_of(settings))]
)
def test_each_variable_that_the_template_gives_is_read_and_named_when_it_is_missing(settings, name):
    environment = {other: value for other, value in ENVIRONMENTS[settings].items() if other != name}
    for lacking in ({}, {name: ""}):
        with pytest.raises(SettingsError, match=rf"\b{name}\b"):
            settings.read({**environment, **lacking})


def impossible_values(name):
    if name.endswith(("_SECONDS", "_DAYS", "_MINUTE", "_USER")):
        return ["0", "-1", "8.5", "15 minutes", "unlimited", "١٢٠", "²"]
    if name.endswith(("_URL", "_ENDPOINT", "_ISSUER")):
        return ["wss://api.example.com/prod", "ftp://api.example.com", "processing-queue"]
    return ["none", "COGNITO", "Allow"] if name in ("AUTH_MODE", "MISSING_ORIGIN") else []


@pytest.mark.parametrize("settings", HANDLERS)
def test_an_impossible_value_is_named(settings):
    for name in names_of(settings):
        for value in impossible_values(name):
            with pytest.raises(SettingsError, match=rf"\b{name}\b"):
                settings.read({**ENVIRONMENTS[settings], name: value})


def test_a_heartbeat_must_renew_the_lease_in_time():
    environment = ENVIRONMENTS[BackgroundProcessorSettings]
    with pytest.raises(SettingsError, match="LEASE_SECONDS"):
        BackgroundProcessorSettings.read({**environment, "LEASE_SECONDS": "8", "HEARTBEAT_SECONDS": "8"})
    settings = BackgroundProcessorSettings.read({**environment, "LEASE_SECONDS": "9", "HEARTBEAT_SECONDS": "8"})
    assert (settings.lease_seconds, settings.heartbeat_seconds) == (9, 8)


@given(st.sampled_from(list(HANDLERS)), st.data())
def test_any_value_is_taken_or_refused_as_a_settings_error(settings, data):
    name = data.draw(st.sampled_from(sorted(names_of(settings))))
    environment = {**ENVIRONMENTS[settings], name: data.draw(st.text())}
    try:
        settings.read(environment)
    except SettingsError as error:
        assert name in str(error)
