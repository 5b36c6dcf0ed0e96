"""Ten thousand frames that nobody has written, sent to the functions that answer frames.

A frame that is not answered as it should be is shrunk to the smallest that is not, and shown with the function's log.
`--seed N` makes other frames. The same seed makes the same in the same run; hypothesis tries the loaded modules'
constants, too, so with other modules it makes others.
"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from frames import generated_frames, senders
from frames.frame_service import FrameService, frame_service
from frames.frame_verdict import assert_answered
from frames.generated_frames import Frame
from frames.hostile_tokens import KEY_ID
from frames.senders import Senders
from frames.websocket_events import frame_event
from unit.doubles.loopback_aws import LoopbackAws
from unit.doubles.sample_tokens import KEY, key_set

# Of eleven kinds: more than ten thousand in all.
_FRAMES_OF_EACH_KIND = 920


@pytest.fixture(scope="module")
def service() -> Iterator[FrameService]:
    with LoopbackAws() as pool, frame_service(TOKEN_KEYS_URL=pool.keys_url) as service:
        pool.keys = key_set(**{KEY_ID: KEY})
        yield service


@pytest.mark.parametrize("kind", generated_frames.KINDS)
def test_every_frame_is_answered(kind: str, service: FrameService, pytestconfig: pytest.Config) -> None:
    sent = 0
    connections = Senders(service)
    before = connections.what_is_the_other_s()

    @seed(pytestconfig.getoption("--seed"))
    @settings(
        max_examples=_FRAMES_OF_EACH_KIND,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(
        frame=generated_frames.KINDS[kind],
        sender=st.sampled_from([*senders.KINDS, senders.VERIFIED, senders.OWNER]),
        goes_astray=st.sampled_from([False] * 9 + [True]),
    )
    def send(frame: Frame, sender: str, goes_astray: bool) -> None:
        connection_id = connections.open(sender)
        function, event = frame_event(connection_id, frame)
        if goes_astray:
            function = "message_handler" if function == "connection_manager" else "connection_manager"
        answer = service.serve(function, event)
        note(f"{answer.outcome} {answer.posted}\n{answer.log}")
        assert_answered(connection_id, connections.that_may_hear_of(sender), frame, answer)
        nonlocal sent
        sent += 1

    send()
    assert sent >= _FRAMES_OF_EACH_KIND
    assert connections.what_is_the_other_s() == before
