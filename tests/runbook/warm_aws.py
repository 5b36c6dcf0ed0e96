"""The AWS CLI without its start, for the hundred commands of the runbook: loaded once, and forked for each command.

    python tests/runbook/warm_aws.py --serve SOCKET           in the background, until it is told to stop
    python -I -S tests/runbook/warm_aws.py SOCKET ARGUMENT... in place of: aws ARGUMENT...

Each command has the caller's arguments, environment, directory and standard streams.
"""

import json
import os
import socket
import sys


def serve(path: str) -> None:
    """Load the CLI and run commands, each in a fork, for whoever may connect to the socket."""
    import signal

    import awscli.botocore.session
    import awscli.clidriver
    import awscli.handlers

    # What the services' descriptions hold takes most of a command's time: the forks find it read.
    descriptions = awscli.botocore.session.Session().get_component("data_loader")
    descriptions.load_data("cli")
    for service in ("cloudformation", "cloudwatch", "lambda", "logs", "s3", "sqs", "sts"):
        descriptions.load_service_model(service, "service-2")
    # Ended commands need not be waited for: their status went to the caller.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    # The commands run with the callers' credentials, and for nobody but this user.
    os.umask(0o077)
    listener.bind(path)
    listener.listen()
    while True:
        caller, _ = listener.accept()
        if os.fork() == 0:
            # The commands of the AWS CLI wait for processes of their own.
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            status = 255
            try:
                take_over(caller)
                driver = awscli.clidriver.create_clidriver()
                driver.session.register_component("data_loader", descriptions)
                status = driver.main()
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1
            finally:
                # This process is a copy of the server, and must not go on as one.
                sys.stdout.flush()
                caller.sendall(str(status).encode())
                os._exit(0)
        caller.close()


def take_over(caller: socket.socket) -> None:
    """Take the caller's arguments, environment, directory and standard streams."""
    message, streams, _, _ = socket.recv_fds(caller, 1 << 16, 3)
    while not message.endswith(b"\n"):
        message += caller.recv(1 << 16)
    arguments, environment, directory = json.loads(message)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    # Loading the CLI has set where its data is.
    environment["AWS_DATA_PATH"] = os.environ["AWS_DATA_PATH"]
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    sys.argv = ["aws", *arguments]


def call(path: str, arguments: list[str]) -> int:
    """Have the server run a command with this process's streams, and give its exit status."""
    message = json.dumps([arguments, dict(os.environ), os.getcwd()]).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        sent = socket.send_fds(server, [message], [0, 1, 2])
        server.sendall(message[sent:])
        return int(server.recv(16) or b"255")


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2])
    else:
        sys.exit(call(sys.argv[1], sys.argv[2:]))
