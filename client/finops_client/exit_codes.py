"""What the `ask` command's exit status says."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The statuses; `ask --help` lists them."""

    COMPLETE = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    NOT_CONNECTED = 4
    NOT_AUTHENTICATED = 5
    TIMED_OUT = 6
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.COMPLETE: "complete answer, or cancelled or listed as told",
    ExitCode.FAILED: "the job failed, was cancelled, is gone or has ended; too much was asked; or the output fails",
    ExitCode.USAGE: "wrong usage",
    ExitCode.PARTIAL: "partial answer: an agent failed, or the rest of a large answer cannot be fetched",
    ExitCode.NOT_CONNECTED: "cannot connect or reach the sign-in, no answer, or the connection was lost for good",
    ExitCode.NOT_AUTHENTICATED: "not authenticated, or wrong credentials",
    ExitCode.TIMED_OUT: "no answer within --timeout",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C); the job goes on",
}
