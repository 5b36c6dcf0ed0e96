"""How many connections of a user are signed in."""

from collections.abc import Callable
from typing import Any

import pytest

from connection_manager.authenticate import SignIn
from finops_websocket import metrics
from finops_websocket.client_messages import Authenticate
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import InvalidToken, RateLimited
from finops_websocket.identity import Connection
from unit.connection_manager.known_tokens import SignInWith
from unit.finops_websocket.embedded_metrics import Measurement, names
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

pytestmark = pytest.mark.usefixtures("parent_logger")


def test_a_connection_more_than_a_user_may_have_is_not_signed_in(
    sign_in: SignIn, connections: ConnectionStore, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job(followers=frozenset()))
    for connection_id in ("connection-1", "connection-2"):
        sign_in(connection_id, Authenticate("ada's", None, None))
    before = list(channel.sent)
    with pytest.raises(RateLimited):
        sign_in("connection-3", Authenticate("ada's", None, None))
    assert connections.find("connection-3") == Connection("connection-3")
    assert stored_job(jobs).followers == {"connection-1", "connection-2"}
    assert channel.sent == before


def test_a_user_with_all_its_connections_may_renew_its_token_on_each(
    sign_in: SignIn, channel: RecordingChannel
) -> None:
    for connection_id in ("connection-1", "connection-2") * 2:
        sign_in(connection_id, Authenticate("ada's", None, None))
    assert channel.kinds_to("connection-1") == ["authenticated"] * 2


@pytest.mark.parametrize("auth_mode", ["cognito", "open"])
def test_claims_use_up_nobody_s_slots(
    sign_in_with: SignInWith, connections_table: Any, channel: RecordingChannel, auth_mode: str
) -> None:
    sign_in = sign_in_with(auth_mode=auth_mode)
    for number in range(3):
        sign_in(f"claimed-{number}", Authenticate(None, "user-1", "Ada"))
    assert not any("slots" in item for item in connections_table.scan()["Items"])
    for connection_id in ("connection-1", "connection-2"):
        sign_in(connection_id, Authenticate("ada's", None, None))
    assert channel.kinds_to("connection-2") == ["authenticated"]


def test_a_refused_token_takes_no_slot(sign_in: SignIn, connections_table: Any) -> None:
    with pytest.raises(InvalidToken):
        sign_in("connection-1", Authenticate("forged", None, None))
    assert connections_table.scan()["Items"] == []


def test_a_connection_that_is_another_s_keeps_no_user_out_for_longer_than_a_minute(
    sign_in: SignIn, connections: ConnectionStore, clock: SettableClock
) -> None:
    """The slot is taken before the connection turns out to be somebody else's."""
    connections.sign_in(Connection("connection-1", "user-2", "Bob", verified=True, expires_at=1_003_600))
    with pytest.raises(InvalidToken):
        sign_in("connection-1", Authenticate("ada's", None, None))
    assert connections.find("connection-1").user_id == "user-2"
    clock.now += 60
    for connection_id in ("connection-2", "connection-3"):
        sign_in(connection_id, Authenticate("ada's", None, None))
        assert connections.find(connection_id).user_id == "user-1"


def test_a_sign_in_above_a_user_s_slots_is_counted_as_refused(
    sign_in: SignIn, measured: Callable[[], list[Measurement]]
) -> None:
    for connection_id in ("connection-1", "connection-2"):
        sign_in(connection_id, Authenticate("ada's", None, None))
    assert names(measured()) == {metrics.SIGN_INS: 2}
    with pytest.raises(RateLimited):
        sign_in("connection-3", Authenticate("ada's", None, None))
    assert names(measured()) == {metrics.SIGN_INS_REFUSED: 1}


def test_a_sign_in_on_another_s_connection_is_counted_as_refused(
    sign_in: SignIn, connections: ConnectionStore, measured: Callable[[], list[Measurement]]
) -> None:
    connections.sign_in(Connection("connection-1", "user-2", "Bob", verified=True, expires_at=1_003_600))
    with pytest.raises(InvalidToken):
        sign_in("connection-1", Authenticate("ada's", None, None))
    assert names(measured()) == {metrics.SIGN_INS_REFUSED: 1}
