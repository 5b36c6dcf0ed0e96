"""run_local.sh in a copy of the project: what it starts, answers and leaves behind, and what it says of mistakes."""

import csv
import fcntl
import os
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from finops_operations.frontend.packages import install_packages
from local_cloud.running_cloud import ROOT, free_port, until

COPIED = (
    "build_packages.sh", "deploy.sh", "run_local.sh", "pyproject.toml", "requirements.txt", "requirements-dev.txt",
    "client", "cloudformation", "contract", "finops-ui", "ops", "src",
)  # fmt: skip
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.egg-info", "node_modules", "build", "config.js")
KEYS = [
    "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "STACK_NAME",
    "WEBSOCKET_URL", "WEBSOCKET_API_ID", "USER_POOL_ID", "USER_POOL_CLIENT_ID", "TEST_USERNAME", "TEST_PASSWORD",
    "LOCAL_CLOUD_PID", "PAGE_URL",
]  # fmt: skip


class Checkout:
    """A copy of the project, with the virtual environment of this one."""

    def __init__(self, root: Path, *, with_venv: bool = True, with_node_modules: bool = False) -> None:
        self.root = root
        root.mkdir()
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, root / name, ignore=NOT_COPIED)
            else:
                shutil.copy2(ROOT / name, root / name)
        if with_venv:
            (root / ".venv").symlink_to(ROOT / ".venv")
        if with_node_modules:
            install_packages(ROOT / "finops-ui")
            (root / "finops-ui" / "node_modules").symlink_to(ROOT / "finops-ui" / "node_modules")

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "run_local.sh", *arguments],
            cwd="/",
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def stack_env(self) -> dict[str, str]:
        lines = (self.root / ".local" / "stack.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def is_running(self) -> bool:
        return (self.root / ".local" / "cloud" / "pid").exists()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path_factory.mktemp("run-local") / "project", with_node_modules=True)
    yield checkout
    checkout.run("--stop")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A cost export of the user's own, of one charge."""
    columns = {
        "BilledCost": "1234.56", "EffectiveCost": "1234.56", "ListCost": "1234.56", "BillingCurrency": "EUR",
        "ChargePeriodStart": "2026-05-03T00:00:00Z", "ChargePeriodEnd": "2026-05-04T00:00:00Z",
        "BillingPeriodStart": "2026-05-01T00:00:00Z", "BillingPeriodEnd": "2026-06-01T00:00:00Z",
        "ChargeCategory": "Usage", "ProviderName": "AWS", "ServiceName": "Amazon Simple Storage Service",
        "ServiceCategory": "Storage", "RegionId": "eu-west-1", "RegionName": "Ireland", "SubAccountId": "1",
        "SubAccountName": "one", "BillingAccountId": "1", "ResourceId": "bucket", "PricingCategory": "Standard",
        "CommitmentDiscountStatus": "", "CommitmentDiscountId": "", "Tags": "", "ChargeDescription": "Storage",
    }  # fmt: skip
    file = tmp_path / "costs.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerow(columns)
    return file


def test_one_question_is_answered_and_nothing_is_left_running(checkout: Checkout) -> None:
    asked = checkout.run("--port", str(free_port()), "--ask", "What was my S3 spend in May?")

    assert asked.returncode == 0, asked.stderr
    assert "2,414.54 USD" in asked.stdout
    percents = [int(line[1:4]) for line in asked.stderr.splitlines() if line.startswith("[")]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    # Nobody could open it.
    assert "page" not in asked.stderr
    assert not checkout.is_running()
    assert not (checkout.root / ".local" / "stack.env").exists()


def test_detached_stack_is_asked_changed_and_stopped(checkout: Checkout, export: Path) -> None:
    port, page_port = str(free_port()), str(free_port())
    started = checkout.run("--port", port, "--page-port", page_port, "--detach")
    assert started.returncode == 0, started.stderr
    values = checkout.stack_env()
    assert list(values) == KEYS
    assert all(values.values())
    assert values["AWS_ENDPOINT_URL"] == f"http://localhost:{port}"
    assert started.stdout.splitlines()[-1] == values["WEBSOCKET_URL"]
    process = int(values["LOCAL_CLOUD_PID"])
    os.kill(process, 0)
    assert values["PAGE_URL"] == f"http://localhost:{page_port}"
    assert f"In a browser:    {values['PAGE_URL']}\n" in started.stderr
    page, headers = opened(values["PAGE_URL"])
    assert '<div id="root">' in page
    assert f"connect-src {values['WEBSOCKET_URL']} {values['AWS_ENDPOINT_URL']} " in headers["Content-Security-Policy"]
    [script] = re.findall(r'src="\./(assets/\S+\.js)"', page)
    program, headers = opened(f"{values['PAGE_URL']}/{script}")
    assert values["USER_POOL_CLIENT_ID"] in program
    assert (headers["Cache-Control"], headers["Content-Type"]) == (
        "public, max-age=31536000, immutable",
        "text/javascript",
    )

    # The user's own costs, asked of the stack that runs, which goes on running. What else the user's environment says
    # is for other places.
    elsewhere = {
        "COLUMNS": "40",
        "WEBSOCKET_URL": "wss://elsewhere.invalid/prod",
        "FINOPS_TOKEN": "of another pool",
        "AWS_PROFILE": "absent",
        "AWS_REGION": "eu-west-1",
        "TEMPLATE": "absent.yaml",
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    more = export.with_name("more.csv")
    more.write_text(export.read_text().replace("1234.56", "0.44"))
    asked = checkout.run("--costs", str(export), str(more), "--ask", "What was my S3 spend in May?", **elsewhere)
    assert asked.returncode == 0, asked.stderr
    assert "1,235.00 EUR" in asked.stdout
    assert checkout.stack_env()["LOCAL_CLOUD_PID"] == str(process)

    # Nobody signs in to an open stack. And whatever becomes of the page, the stack can do without.
    (export.parent / "npm").write_text("#!/bin/sh\necho out of order\nexit 1\n")
    (export.parent / "npm").chmod(0o755)
    path = f"{export.parent}{os.pathsep}{os.environ['PATH']}"
    without_page = checkout.run("--auth", "open", "--ask", "What was my S3 spend in May?", PATH=path)
    assert without_page.returncode == 0, without_page.stderr
    assert "out of order" in without_page.stderr
    assert "There is no page of the web client. It could not be built." in without_page.stderr
    # And it keeps its users for when it is not open any more.
    assert checkout.stack_env()["USER_POOL_ID"] == values["USER_POOL_ID"]

    again = checkout.run()
    assert again.returncode == 1
    assert "running already" in again.stderr

    stopped = checkout.run("--stop")
    assert stopped.returncode == 0, stopped.stderr
    assert not checkout.is_running()

    def is_gone() -> bool:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        return False

    until(is_gone)
    with pytest.raises(urllib.error.URLError):
        opened(values["PAGE_URL"])


def opened(address: str) -> tuple[str, Message]:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.read().decode(), answer.headers


def test_a_port_of_the_page_that_is_taken_is_said_before_anything_is_started(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        refused = checkout.run("--page-port", str(port))
    assert refused.returncode == 1
    assert f"Port {port} is in use. End what uses it, or choose another for the page: ./run_local.sh" in refused.stderr
    assert not checkout.is_running()


def test_remains_of_a_killed_run_do_not_hinder_the_next(checkout: Checkout) -> None:
    cloud = checkout.root / ".local" / "cloud"
    cloud.mkdir(parents=True)
    # A process id that is somebody else's by now: this test's.
    (cloud / "pid").write_text(f"{os.getpid()}\n")
    (checkout.root / ".local" / "stack.env").write_text("WEBSOCKET_URL=ws://localhost:1/old\n")

    stopped = checkout.run("--stop")

    assert stopped.returncode == 0
    assert "Nothing was running" in stopped.stderr
    assert not cloud.exists()


def test_two_starts_do_not_clear_each_other_away(checkout: Checkout) -> None:
    (checkout.root / ".local").mkdir(exist_ok=True)
    with (checkout.root / ".local" / "starting.lock").open("w") as lock, socket.socket() as busy:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        refused = checkout.run("--port", port)
        # As when the other one is killed.
        fcntl.flock(lock, fcntl.LOCK_UN)
        later = checkout.run("--port", port)

    assert refused.returncode == 1
    assert "Another ./run_local.sh is at work (process 4711)" in refused.stderr
    # It got past the killed one, as far as the port.
    assert "is in use. End what uses it, or choose another: ./run_local.sh --port" in later.stderr
    assert not checkout.is_running()


def test_half_made_virtual_environment_is_made_anew(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "project", with_venv=False)
    python = checkout.root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    # Without pip, as an interrupted run leaves it.
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)

    refused = checkout.run(PYTHON="no-such-python")

    # Instead of saying that the network is not there, because pip failed.
    assert "in PYTHON, which no-such-python is not." in refused.stderr


def test_wrong_export_is_said_before_anything_is_started(checkout: Checkout, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("Service,Cost\nAmazon S3,12\n")

    refused = checkout.run("--costs", str(wrong))
    missing = checkout.run("--costs", str(tmp_path / "missing.csv"))

    assert refused.returncode == 1
    assert "column" in refused.stderr
    assert missing.returncode == 1
    assert "No such file" in missing.stderr
    assert not checkout.is_running()


# Says of itself whether it will do, and which it is when it is asked to make a virtual environment.
STAND_IN_PYTHON = """#!/usr/bin/env bash
[[ $1 != -c ]] || exit {status}
echo "chosen: ${{0##*/}}" && exit 1
"""


@pytest.mark.parametrize(
    ("pythons", "said"),
    [
        ({}, "Python 3.11 to 3.14 with its venv module is missing. Install it"),
        ({"python3": 1}, "Python 3.11 to 3.14 with its venv module is missing. Install it"),
        ({"python3": 0, "python3.14": 0}, "chosen: python3\n"),
        ({"python3": 1, "python3.14": 1, "python3.13": 0, "python3.11": 0}, "chosen: python3.13\n"),
    ],
)
def test_python3_is_taken_or_the_newest_that_will_do(tmp_path: Path, pythons: dict[str, int], said: str) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in ("bash", "cat", "dirname", "env", "rm"):
        (programs / tool).symlink_to(str(shutil.which(tool)))
    for name, status in pythons.items():
        (programs / name).write_text(STAND_IN_PYTHON.format(status=status), encoding="utf-8")
        (programs / name).chmod(0o755)

    refused = Checkout(tmp_path / "project", with_venv=False).run(PATH=str(programs))

    assert refused.returncode == 1
    assert said in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--colour",),
        ("--port",),
        ("--port", "http"),
        ("--port", "70000"),
        ("--page-port", "0"),
        ("--auth", "none"),
        ("--ask",),
        ("--costs",),
        ("--focus-export", "bucket/prefix"),
        ("--costs", "one.csv", "two.csv", "--focus-export", "s3://bucket/prefix"),
        ("--fiscal-year-start", "Avril"),
    ],
)
def test_wrong_command_line_is_said(checkout: Checkout, arguments: tuple[str, ...]) -> None:
    refused = checkout.run(*arguments)

    assert refused.returncode == 2
    assert arguments[0] in refused.stderr


def test_help_names_the_options(checkout: Checkout) -> None:
    shown = checkout.run("--help")
    assert (shown.returncode, "--costs FILE" in shown.stdout) == (0, True)
