"""The command behind ./benchmarks/run.sh: measure the parts that are named, and write what they give."""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from finops_benchmarks import agents, capacity, cold_start, growth, latency, scale, simulated_burst, work
from finops_benchmarks.results import NotMeasured, Options, Result, write
from finops_operations.local_run.cloud import LocalRunFailed, use_local_credentials
from finops_operations.operator_messages import complain, heading, say

PARTS: dict[str, Callable[[Options], Result]] = {
    "latency": latency.measure,
    "cold-start": cold_start.measure,
    "work": work.measure,
    "scale": scale.measure,
    "growth": growth.measure,
    "capacity": capacity.measure,
    "simulation": simulated_burst.measure,
    "agents": agents.measure,
}
"""What can be measured, in the order in which it is."""

RESULTS = Path(__file__).resolve().parents[1] / "results"


def main() -> int:
    """Do what the command line says and give the exit status."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    options = _options()
    use_local_credentials()
    try:
        for name in options.parts or PARTS:
            heading(f"Measuring {name}")
            result = PARTS[name](Options(options.rounds, dict(options.checkout)))
            sys.stdout.write("\n\n".join(table.markdown() for table in result.tables) + "\n\n")
            sys.stdout.flush()
            write(name, result, options.output)
    except (LocalRunFailed, NotMeasured) as failure:
        complain(str(failure))
        return 1
    except KeyboardInterrupt:
        return 130
    say(f"Written to {options.output}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./benchmarks/run.sh",
        description="Measures what this layer adds to its agents, each figure beside that of the least that could do"
        " the same. Nothing of AWS is touched. Tables go to stdout and, with JSON and pictures, to a directory.",
        epilog="Exit status: 0 measured, 1 something could not be, 2 a mistake in the command line, 130 interrupted.",
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure: {', '.join(PARTS)}. Default: all")
    parser.add_argument(
        "--rounds", type=_rounds, default=15, metavar="N", help="how often each side is measured. Default: 15"
    )
    parser.add_argument(
        "--checkout",
        type=_checkout,
        action="append",
        default=[],
        metavar="LABEL=DIRECTORY",
        help="measure another checkout of this repository in the same rounds, where a part can; may be repeated",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=RESULTS,
        metavar="DIRECTORY",
        help="where results go. Default: benchmarks/results",
    )
    options = parser.parse_args()
    for name in options.parts:
        if name not in PARTS:
            parser.error(f"There is no part {name}. The parts are: {', '.join(PARTS)}.")
    return options


def _rounds(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"It must be a whole number from 2 to 1000, not {text}.")
    return int(text)


def _checkout(text: str) -> tuple[str, Path]:
    label, _, directory = text.partition("=")
    path = Path(directory).resolve()
    if not label.isalnum() or not (path / "build_packages.sh").is_file():
        raise argparse.ArgumentTypeError(
            f"It must be a label of letters and digits, = and a checkout of this repository, not {text}."
        )
    return label, path


if __name__ == "__main__":
    sys.exit(main())
