"""A run of the product's code that stops at checkpoints, so that a test chooses what happens in between.

Each run has a thread of its own, of which one at a time goes on, so what happens is repeatable.
"""

import threading
from collections.abc import Callable

_current = threading.local()
# Only a deadlock of the test takes longer.
_SECONDS = 30


class Killed(BaseException):
    """The process in which this ran is gone."""


class SteppedRun:
    """Stands before its first checkpoint until it is told to go on."""

    def __init__(self, name: str, work: Callable[[], object], job_id: str | None = None) -> None:
        """Begin `work`, on a job if it is known on which."""
        self.name = name
        self.job_id = job_id
        self.is_late = False
        self.has_ended = False
        self._work = work
        self._is_killed = False
        self._error: BaseException | None = None
        self._go_on, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def go_on(self, checkpoints: int = 1) -> None:
        """Let it go to the next checkpoint but so many, or to its end; raise what it raised there."""
        while checkpoints and not self.has_ended:
            checkpoints -= 1
            self._go_on.release()
            assert self._stopped.acquire(timeout=_SECONDS), f"{self.name} does not come to its next checkpoint"
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def go_to_the_end(self) -> None:
        """Let it go on until it has ended."""
        while not self.has_ended:
            self.go_on()

    def kill(self) -> None:
        """End it where it stands."""
        self._is_killed = True
        self.go_to_the_end()

    def _run(self) -> None:
        _current.run = self
        try:
            self._wait()
            self._work()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001  (a thread's entry point: it is raised again in go_on)
            self._error = error
        self.has_ended = True
        self._stopped.release()

    def _wait(self) -> None:
        assert self._go_on.acquire(timeout=_SECONDS * 10), "nobody lets this go on"
        if self._is_killed:
            raise Killed

    def stop(self) -> None:
        """Stand still; called by the run itself."""
        self._stopped.release()
        self._wait()


def checkpoint() -> None:
    """Stop here, if this is a stepped run."""
    run: SteppedRun | None = getattr(_current, "run", None)
    if run is not None:
        run.stop()
