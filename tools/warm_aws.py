"""The AWS CLI without its start: loaded once, and forked for each command.

    python tools/warm_aws.py --serve SOCKET                     in the background, until it is told to stop
    WARM_AWS_SOCKET=SOCKET python tools/warm_aws.py ARGUMENT... in place of: aws ARGUMENT...

A deployment to the local cloud runs some twenty commands, each of which is answered at once, and spends nearly all of
its time on loading the CLI twenty times. Each command runs in a process of its own, with the caller's arguments,
environment, directory and standard streams.
"""

import json
import os
import socket
import sys

# Nothing else is imported at the top: the caller's side is to start in no time.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from awscli.botocore.loaders import Loader

# What the scripts of a deployment call.
SERVICES = ("cloudformation", "cloudwatch", "lambda", "s3", "sts")


def serve(path: str) -> None:
    """Load the CLI and run commands, each in a fork, for whoever may connect to the socket."""
    import signal

    import awscli.clidriver
    import awscli.handlers

    descriptions = load_descriptions()

    def aws() -> int:
        driver = awscli.clidriver.create_clidriver()
        driver.session.register_component("data_loader", descriptions)
        return driver.main()

    # Ended commands need not be waited for: their status went to the caller.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    # The commands run with the callers' credentials, and for nobody but this user.
    os.umask(0o077)
    listener.bind(path)
    listener.listen()
    # Seconds between two looks whether whoever started this is still there.
    listener.settimeout(2)
    parent = os.getppid()
    while os.getppid() == parent:
        try:
            caller, _ = listener.accept()
        except TimeoutError:
            continue
        caller.setblocking(True)
        if os.fork() == 0:
            listener.close()
            # The commands of the AWS CLI wait for processes of their own.
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            run_command(caller, aws)
        caller.close()


def load_descriptions() -> "Loader":
    """Read what a deployment's commands need to know of the services, which takes most of a command's time."""
    import awscli.botocore.session

    session = awscli.botocore.session.Session()
    session.set_credentials("none", "none")
    loader = session.get_component("data_loader")
    for service in SERVICES:
        # Made of all that a client is made of, and thrown away.
        session.create_client(service, region_name="us-east-1")
    for kind in ("service-2", "paginators-1", "waiters-2"):
        loader.list_available_services(type_name=kind)
    loader.load_data("cli")
    return loader


def run_command(caller: socket.socket, main: "Callable[[], int]") -> "NoReturn":
    """Become the caller's command, tell its exit status, and end this process."""
    status = 255
    try:
        take_over(caller)
        status = main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        # This process is a copy of the server, and must not go on as one.
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    caller.sendall(str(status).encode())
    os._exit(0)


def take_over(caller: socket.socket) -> None:
    """Take the caller's arguments, environment, directory and standard streams."""
    received, streams, _, _ = socket.recv_fds(caller, 1 << 16, 3)
    message = received
    while not message.endswith(b"\n"):
        message += caller.recv(1 << 16)
    command = json.loads(message)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    # Loading the CLI has set where its data is.
    environment = {"AWS_DATA_PATH": os.environ["AWS_DATA_PATH"], **command["environment"]}
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(command["directory"])
    sys.argv = ["aws", *command["arguments"]]


def call(path: str, arguments: list[str]) -> int:
    """Have the server run a command with this process's streams, and give its exit status; 255 if the server ended."""
    command = {"arguments": arguments, "environment": dict(os.environ), "directory": os.getcwd()}
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(path)
        except OSError as error:
            print(f"warm_aws: nobody serves at WARM_AWS_SOCKET: {error.strerror}", file=sys.stderr)  # noqa: T201
            return 255
        message = json.dumps(command).encode() + b"\n"
        sent = socket.send_fds(server, [message], [0, 1, 2])
        server.sendall(message[sent:])
        return int(server.recv(16) or b"255")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2])
    else:
        sys.exit(call(os.environ["WARM_AWS_SOCKET"], sys.argv[1:]))
