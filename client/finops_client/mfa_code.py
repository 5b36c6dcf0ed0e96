"""The code of a user's authenticator app: typed on a terminal, or from the environment."""

from __future__ import annotations

import getpass
import signal
from collections.abc import Callable, Mapping
from typing import TextIO

from finops_client.errors import CredentialsRefused

VARIABLE = "FINOPS_MFA_CODE"


class MfaCode:
    """Gives one code, when it is asked for it. A code is good once and for half a minute: there is no second."""

    def __init__(
        self, environment: Mapping[str, str], stdin: TextIO, prompt: Callable[[str], str] = getpass.getpass
    ) -> None:
        """Prompts if `stdin` is a terminal, and else takes the variable FINOPS_MFA_CODE."""
        self._environment = environment
        self._stdin = stdin
        self._prompt = prompt
        self._is_given = False

    def __call__(self) -> str:
        """The code; blocks while a person types it, and lets Ctrl-C through.

        Raises:
            CredentialsRefused: there is none, or it was given before: in the middle of a job is no time to ask.
        """
        if self._is_given:
            raise CredentialsRefused("The session has ended, and a new one needs a new code. Please sign in again.")
        given = self._typed() if self._stdin.isatty() else self._environment.get(VARIABLE, "")
        # Authenticator apps show a code in two halves.
        code = "".join(given.split())
        if not code:
            raise CredentialsRefused(
                f"A code of the user's authenticator app is needed: type it on a terminal, or set {VARIABLE}."
            )
        self._is_given = True
        return code

    def _typed(self) -> str:
        # asyncio.run's own handler would only ask the event loop to stop, which waits for the typing.
        asyncios = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return self._prompt("Code of your authenticator app: ")
        except EOFError:
            return ""
        finally:
            signal.signal(signal.SIGINT, asyncios)
