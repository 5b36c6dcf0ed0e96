from connection_manager.ping import AnswerPing
from finops_websocket.client_messages import Ping
from finops_websocket.server_messages import Pong
from unit.finops_websocket.recording_channel import RecordingChannel


def test_a_ping_is_answered_with_the_server_s_time(channel: RecordingChannel) -> None:
    AnswerPing(channel, lambda: 7.9)("connection-1", Ping())
    assert channel.sent == [("connection-1", Pong(7))]
