"""process_job when API Gateway says that its messages are too large (413)."""

from collections.abc import Callable

import pytest

from finops_websocket.client_channel import Delivery
from finops_websocket.results_bucket import ResultsBucket
from finops_websocket.server_messages import ServerMessage
from unit.background_processor.recording_invoker import RecordingInvoker, says
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import COST, RESPONSE_KEY, SAVINGS

pytestmark = pytest.mark.usefixtures("parent_logger")

Process = Callable[..., None]

# Bytes: fewer than API Gateway takes of a frame, and more than a message that was made shorter has.
NARROW = 40_000


class NarrowChannel(RecordingChannel):
    """Asks for a shorter message in place of each that is not small."""

    def send(
        self, connection_id: str, message: ServerMessage, shorter: Callable[[], ServerMessage] | None = None
    ) -> Delivery:
        if len(message.encode()) > NARROW:
            assert shorter is not None
            message = shorter()
            assert len(message.encode()) <= NARROW
        return super().send(connection_id, message)


@pytest.fixture
def channel() -> RecordingChannel:
    return NarrowChannel()


def test_an_answer_goes_through_the_results_bucket(
    process: Process, channel: RecordingChannel, bucket: ResultsBucket, invoker: RecordingInvoker
) -> None:
    whole = "Costs rose. " * 5_000
    invoker.behaviours[COST] = says(whole)
    process()
    wires = channel.wires_to("connection-1")
    (large, small) = sorted(
        (wire["result"] for wire in wires if wire["type"] == "agent_completed"), key=lambda result: result["agent"]
    )
    assert whole.startswith(large["content"])
    assert f"jobs/job-1/{COST}.md" in large["responseUrl"]
    assert bucket.get(f"jobs/job-1/{COST}.md") == whole
    assert (small["agent"], "responseUrl" in small) == (SAVINGS, False)
    end = wires[-1]["result"]
    assert "responseUrl" in end
    assert bucket.get(RESPONSE_KEY) == f"## Cost analysis\n\n{whole}\n\n## Optimisation\n\nDelete the disk."
    assert bucket.get(RESPONSE_KEY).startswith(end["response"])
