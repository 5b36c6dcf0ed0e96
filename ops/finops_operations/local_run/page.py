"""The web client in a local run: built for the stack that runs, and served on loopback as Amplify would serve it."""

import os
import socket
import subprocess
import sys

from finops_operations.errors import OperationFailed
from finops_operations.frontend.config import Value, config_text
from finops_operations.frontend.packages import WEB_CLIENT, check_npm, install_packages, npm
from finops_operations.local_run.cloud import CLOUD, LOCAL, PAGE_SERVER, STACK_ENV, LocalRunFailed, last_lines, page_pid
from finops_operations.operator_messages import heading, warn

_BUILD = CLOUD / "page"
_CONFIG = CLOUD / "config.js"
_URL = CLOUD / "page_url"
_LOG = LOCAL / "page.log"

# Where it is looked for first, which is where Vite serves what is being developed.
_PORT = 5173
_MORE_PORTS = 20


def check_port(port: int | None) -> None:
    """Find out whether a port that was asked for can be had, before anything is started."""
    if port:
        _listening(port).close()


def serve(stack: dict[str, str], auth_mode: str, port: int | None) -> None:
    """Build the page and serve it, or say why there is none: the stack can do without. stack.env gets its address."""
    config = _config(stack, auth_mode)
    if not (page_pid() and _CONFIG.exists() and _CONFIG.read_text(encoding="utf-8") == config):
        _CONFIG.write_text(config, encoding="utf-8")
        try:
            _build(stack["AWS_ENDPOINT_URL"])
        except OperationFailed as failure:
            # So that the next run tries again.
            _CONFIG.unlink()
            warn(f"There is no page of the web client. {failure}")
            return
    if not page_pid():
        _start_server(port)
    with STACK_ENV.open("a", encoding="utf-8") as description:
        description.write(f"PAGE_URL={_URL.read_text(encoding='utf-8')}\n")


def _config(stack: dict[str, str], auth_mode: str) -> str:
    """Give the text of a config.js. Nobody signs in to an open stack, so there it names no user pool."""
    is_open = auth_mode == "open"
    values: dict[str, Value] = {
        "region": stack["AWS_DEFAULT_REGION"],
        "cognito": {
            "userPoolId": "" if is_open else stack["USER_POOL_ID"],
            "userPoolWebClientId": "" if is_open else stack["USER_POOL_CLIENT_ID"],
        },
        "api": {"websocketEndpoint": stack["WEBSOCKET_URL"], "useWebSocket": True},
    }
    return config_text(values)


def _build(local_cloud: str) -> None:
    check_npm()
    install_packages()
    heading("Building the page")
    try:
        with _LOG.open("wb") as log:
            npm(
                WEB_CLIENT,
                *("run", "build", "--", "--outDir", str(_BUILD), "--emptyOutDir"),
                output=log,
                FINOPS_UI_CONFIG=str(_CONFIG),
                VITE_COGNITO_ENDPOINT=local_cloud,
            )
    except OperationFailed:
        sys.stderr.write(last_lines(_LOG, 20))
        raise OperationFailed("It could not be built. The lines above are the end of .local/page.log.") from None


def _start_server(port: int | None) -> None:
    with _listening(port) as listening:
        process = subprocess.Popen(  # noqa: S603 (a list, no shell)
            [sys.executable, "-P", "-m", PAGE_SERVER, str(_BUILD), str(listening.fileno())],
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            pass_fds=[listening.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # As the local cloud, with which it ends.
            start_new_session=True,
        )
        _URL.write_text(f"http://localhost:{listening.getsockname()[1]}", encoding="utf-8")
    (CLOUD / "page_pid").write_text(f"{process.pid}\n", encoding="ascii")


def _listening(port: int | None) -> socket.socket:
    """Give a socket that listens on this port, or, if none was asked for, on the first that is free."""
    for each in [port] if port else range(_PORT, _PORT + _MORE_PORTS):
        try:
            return socket.create_server(("127.0.0.1", each))
        except OSError:
            continue
    raise LocalRunFailed(
        f"Port {port or _PORT} is in use. End what uses it, or choose another for the page: ./run_local.sh --page-port"
        f" {(port or _PORT) + 1}"
    )
