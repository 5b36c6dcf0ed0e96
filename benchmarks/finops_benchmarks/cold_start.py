"""What a function imports at a cold start and how long that takes, beside a bare handler with the same clients.

Each import is that of a fresh process, which finds the package as Lambda unpacks it and, as in Lambda's runtime, boto3
with its bytecode. Measured are two of this machine's Pythons: the one that this runs on, and one of the template's
version (LambdaRuntime), if there is a command of its name, as python3.13.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from finops_benchmarks.cloudformation_template import load
from finops_benchmarks.function_environment import function_environment
from finops_benchmarks.results import Cell, Chart, NotMeasured, Options, Result, Table
from finops_operations.local_run.cloud import ROOT
from finops_operations.operator_messages import say
from finops_operations.packaging.bytecode import interpreter_for
from finops_operations.packaging.dependencies import actual_target

# The most that an import may take as a ratio to the floor's.
_AT_MOST = {"connection_manager": 1.15, "message_handler": 1.05, "background_processor": 1.05}

# boto3 and what it needs: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html says that runtimes have it.
_RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")

# Whose a module is, by the first part of its name; all others are Python's own.
_OWNERS = {
    **dict.fromkeys(_RUNTIME, "boto3's parts"),
    **dict.fromkeys(("aws_lambda_powertools", "typing_extensions"), "Powertools"),
    **dict.fromkeys(("jwt", "cryptography", "cffi", "_cffi_backend"), "PyJWT, cryptography"),
    **dict.fromkeys(("fastjsonschema", "finops_websocket", *_AT_MOST), "ours"),
}
_CLIENTS = "making clients"
# https://docs.python.org/3/using/cmdline.html#cmdoption-X: microseconds of its own, those of what it imports, its name.
_IMPORTED = re.compile(r"import time: +(\d+) \|.*\| +(\S+)$")
_PARTS = ("Python's own", "boto3's parts", _CLIENTS, "Powertools", "PyJWT, cryptography", "ours")

# What Lambda gives a function besides, or what keeps the SDK from asking for it.
_ACCESS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}

# What runs in the fresh process. The floor's clients are those that the function makes, as any handler would make them.
_IMPORT = """
import sys
sys.path[:0] = {path!r}
import json, time
wall, processor = time.perf_counter(), time.process_time()
{code}
spent = [time.perf_counter() - wall, time.process_time() - processor]
print(json.dumps([*spent, len(sys.modules)]))
"""
_FLOOR = """
import boto3
for name, address in {clients!r}:
    boto3.client(name, endpoint_url=address)
"""
_CLIENTS_OF = """
import sys
sys.path[:0] = {path!r}
import importlib, json
import botocore.session
made, make = [], botocore.session.Session.create_client
def noted(session, name, *arguments, **options):
    client = make(session, name, *arguments, **options)
    made.append([name, client.meta.endpoint_url if "execute-api" in client.meta.endpoint_url else None])
    return client
botocore.session.Session.create_client = noted
importlib.import_module("{function}.handler")
print(json.dumps(made))
"""


@dataclass(frozen=True)
class _Start:
    """One import: seconds on the clock and of the processor, and how many modules were loaded after it."""

    wall: float
    processor: float
    modules: int


def measure(options: Options) -> Result:
    """Import each function's handler from its package and the floor in turn, in rounds, on each Python."""
    template: str = load()["Parameters"]["LambdaRuntime"]["Default"]
    targets = {actual_target("host"), f"{template}-{actual_target('host').partition('-')[2]}"}
    pythons = {target: interpreter_for(target) for target in sorted(targets)}
    with tempfile.TemporaryDirectory() as directory:
        measured = [
            _Python(target, python, Path(directory) / target, options)
            for target, python in pythons.items()
            if python is not None
        ]
        if missing := [target.partition("-")[0] for target, python in pythons.items() if python is None]:
            say(f"There is no {missing[0]} on this machine, so that is not measured.")
        tables: list[Table] = []
        charts: list[Chart] = []
        figures: dict[str, Any] = {}
        for python in measured:
            rounds = {function: python.rounds(function) for function in _AT_MOST}
            tables += [_times(python, rounds), _split(python)]
            charts.append(_chart(python, rounds))
            figures[python.name] = {
                function: [{side: vars(start) for side, start in one.items()} for one in those]
                for function, those in rounds.items()
            }
    return Result("Cold start: what is imported", tuple(tables), tuple(charts), figures)


class _Python:
    """A Python, with the packages for it unpacked and a runtime beside them."""

    def __init__(self, target: str, command: str, directory: Path, options: Options) -> None:
        self._command = command
        self._directory = directory
        self._count = options.rounds
        self._runtime = directory / "runtime"
        self.name = self._run("-c", "import platform; print(platform.python_version())").strip()
        self.checkouts = {**options.checkouts, "now": ROOT}
        for label, checkout in self.checkouts.items():
            say(f"building {label} for {target}")
            _unpacked(checkout, target, directory / label)
        bare = directory / "no bytecode"
        shutil.copytree(directory / "now", bare, ignore=shutil.ignore_patterns("__pycache__"))
        for name in _RUNTIME:
            spec = importlib.util.find_spec(name)
            if spec is None or spec.origin is None:
                raise NotMeasured(f"There is no {name} here.")
            origin = Path(spec.origin)
            if origin.name == "__init__.py":
                shutil.copytree(origin.parent, self._runtime / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(origin, self._runtime / origin.name)
        self._run("-m", "compileall", "-qq", str(self._runtime))

    def rounds(self, function: str) -> list[dict[str, _Start]]:
        """Import a function's handler and its floor, so often."""
        say(f"{function} on Python {self.name}")
        clients = self._clients_of(function)
        code = dict.fromkeys((*self.checkouts, "no bytecode"), f"import {function}.handler")
        code |= dict.fromkeys(("floor", "floor again"), _FLOOR.format(clients=clients))
        sides = [*code]
        rounds = []
        # What is read for the first time comes from the disk.
        for number in range(-1, self._count):
            first = number % len(sides)
            order = sides[first:] + sides[:first]
            starts = {
                side: self._start(function, side, code[side]) for side in (order if number % 2 else reversed(order))
            }
            if number >= 0:
                rounds.append(starts)
        return rounds

    def shares(self, function: str) -> dict[str, float]:
        """Tell what share of the import's time each owner's modules take, by Python's own account."""
        probe = _IMPORT.format(path=self._path(function, "now"), code=f"import {function}.handler")
        lines = self._run("-X", "importtime", "-c", probe, function=function, errors=True).splitlines()
        spent: Counter[str] = Counter()
        for found in filter(None, map(_IMPORTED.match, lines)):
            own, module = found.groups()
            # What a handler's module does itself, besides importing, is next to nothing else.
            is_handler = module == f"{function}.handler"
            spent[_CLIENTS if is_handler else _OWNERS.get(module.partition(".")[0], "Python's own")] += int(own)
        return {part: spent[part] / spent.total() for part in _PARTS}

    def _clients_of(self, function: str) -> list[list[str | None]]:
        probe = _CLIENTS_OF.format(path=self._path(function, "now"), function=function)
        made = self._run("-c", probe, function=function)
        clients: list[list[str | None]] = json.loads(made)
        return [client for number, client in enumerate(clients) if client not in clients[:number]]

    def _start(self, function: str, side: str, code: str) -> _Start:
        probe = _IMPORT.format(path=self._path(function, side), code=code)
        return _Start(*json.loads(self._run("-c", probe, function=function)))

    def _path(self, function: str, side: str) -> list[str]:
        package = [] if side.startswith("floor") else [str(self._directory / side / function)]
        return [*package, str(self._runtime)]

    def _run(self, *arguments: str, function: str | None = None, errors: bool = False) -> str:
        """Run this Python with nothing but its standard library, and nothing written beside what it imports."""
        environment = {} if function is None else {**function_environment(f"{function}.handler.handler"), **_ACCESS}
        isolated = [] if "compileall" in arguments else ["-I", "-S", "-B"]
        finished = subprocess.run(  # noqa: S603 (a list, no shell)
            [self._command, *isolated, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if finished.returncode:
            raise NotMeasured(f"Python {self._command} has failed: {finished.stderr.strip().splitlines()[-1]}")
        return finished.stderr if errors else finished.stdout


def _unpacked(checkout: Path, target: str, directory: Path) -> None:
    """Build a checkout's packages for a target and unpack each function's."""
    with tempfile.TemporaryDirectory() as built:
        command = [checkout / "build_packages.sh", "--target", target, "--output", built]
        environment = {**os.environ, "PYTHON": sys.executable}
        finished = subprocess.run(  # noqa: S603 (a list, no shell)
            list(map(str, command)), env=environment, capture_output=True, text=True, check=False
        )
        if finished.returncode:
            raise NotMeasured(f"The packages cannot be built: {finished.stderr.strip().splitlines()[-1]}")
        for function in _AT_MOST:
            with zipfile.ZipFile(Path(built) / f"websocket-{function.replace('_', '-')}.zip") as package:
                package.extractall(directory / function)


def _times(python: _Python, rounds: Mapping[str, list[dict[str, _Start]]]) -> Table:
    sides = [*python.checkouts, "no bytecode", "floor again"]
    rows: list[tuple[Cell, ...]] = []
    for function, those in rounds.items():
        floor = median(one["floor"].processor for one in those)
        ratios = [_ratio(those, side) for side in sides]
        shown = [f"{middle:.2f} ({low:.2f} to {high:.2f})" for middle, low, high in ratios]
        wall = median(one["now"].wall / one["floor"].wall for one in those)
        modules = [those[0][side].modules for side in ("floor", "now")]
        rows.append((function, f"{floor * 1000:.0f} ms", *shown, wall, _AT_MOST[function], *modules))
    return Table(
        f"Import of the handlers, ratio to the floor, Python {python.name}",
        ("", "floor", *sides, "now, on the clock", "at most", "modules: floor", "now"),
        tuple(rows),
        "Time of the processor: medians of each round's own ratio, with their quartiles. The floor imports boto3 and"
        " makes the clients that the function makes. `no bytecode` is `now` without the bytecode in its package.",
    )


def _split(python: _Python) -> Table:
    shares = {function: python.shares(function) for function in _AT_MOST}
    rows = tuple((part, *(f"{100 * share[part]:.0f} %" for share in shares.values())) for part in _PARTS)
    return Table(
        f"What the import's time goes to, Python {python.name}",
        ("", *shares),
        rows,
        "By Python's own account (`-X importtime`), which takes some time itself.",
    )


def _chart(python: _Python, rounds: Mapping[str, list[dict[str, _Start]]]) -> Chart:
    sides = [*python.checkouts, "no bytecode"]
    series = {side: [_ratio(those, side) for those in rounds.values()] for side in sides}
    series["at most"] = [(most, most, most) for most in _AT_MOST.values()]
    name = "cold_start_" + "_".join(python.name.split(".")[:2])
    return Chart(name, f"Import as a ratio to the floor's, Python {python.name}", tuple(rounds), series)


def _ratio(rounds: Sequence[Mapping[str, _Start]], side: str) -> tuple[float, float, float]:
    """Give the median of each round's ratio to its floor, and the quartiles."""
    low, middle, high = quantiles([one[side].processor / one["floor"].processor for one in rounds], n=4)
    return middle, low, high
