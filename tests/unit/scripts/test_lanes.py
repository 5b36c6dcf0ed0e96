"""Lanes run side by side, and nothing of them outlives the script that started them."""

import os
import select
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
set -euo pipefail
source "$ROOT/scripts/lanes.sh"
{lanes}
run_lanes {names}
echo "statuses ${{LANE_STATUSES[*]}}"
"""


def script(**lanes: str) -> list[str]:
    """A command that runs lanes with these bodies."""
    functions = "\n".join(f"{name}() {{\n{body}\n}}" for name, body in lanes.items())
    return ["bash", "-c", SCRIPT.format(lanes=functions, names=" ".join(lanes))]


def run(**lanes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        script(**lanes), env={**os.environ, "ROOT": str(ROOT)}, capture_output=True, text=True, timeout=60, check=False
    )


def test_lanes_run_at_the_same_time(tmp_path: Path) -> None:
    # Each waits for the other to open the pipe.
    os.mkfifo(tmp_path / "pipe")
    ran = run(writes=f"echo hello >{tmp_path}/pipe", reads=f"cat {tmp_path}/pipe")
    assert ran.stdout == "hello\nstatuses 0 0\n"


def test_outputs_come_one_after_the_other_in_the_order_of_the_lanes(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    # The second has long ended when the first says its last words.
    ran = run(first=f"echo one; read -r _ <{tmp_path}/pipe; echo two", second=f"echo three; echo >{tmp_path}/pipe")
    assert ran.stdout == "one\ntwo\nthree\nstatuses 0 0\n"


def test_each_lane_s_status_is_told_and_one_s_failure_does_not_end_another() -> None:
    assert run(good="true", bad="return 5", worse="false; echo never").stdout == "statuses 0 5 1\n"


def test_a_lane_reads_nothing_from_the_person_at_the_terminal() -> None:
    assert run(reader="cat").stdout == "statuses 0\n"


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_nothing_outlives_an_ended_script_and_each_lane_may_tidy_up(
    tmp_path: Path, sent: signal.Signals, status: int
) -> None:
    # As pytest does. What a shell starts in the background knows nothing of an interrupt.
    lane = f"""
    bash -c 'trap "echo tidied >>{tmp_path}/tidied; exit" INT; sleep 300 & echo >&3; wait'
    """
    reading, writing = os.pipe()
    process = subprocess.Popen(
        ["bash", "-c", f'exec 3>&{writing} {writing}>&-; exec "$@"', "bash", *script(one=lane, two=lane)],
        env={**os.environ, "ROOT": str(ROOT), "TMPDIR": str(tmp_path)},
        pass_fds=[writing],
    )
    os.close(writing)
    assert os.read(reading, 1) == os.read(reading, 1) == b"\n"
    # To the script alone, not to its group.
    process.send_signal(sent)
    assert process.wait(30) == status
    # The pipe ends with the last process that holds it: no lane is left, and no sleep.
    assert select.select([reading], [], [], 30)[0] == [reading]
    assert os.read(reading, 1) == b""
    os.close(reading)
    assert (tmp_path / "tidied").read_text(encoding="utf-8") == "tidied\ntidied\n"
    assert [path.name for path in tmp_path.iterdir()] == ["tidied"]
