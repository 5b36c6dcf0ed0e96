"""Runs a command's main function, and ends with it: blocking calls that nobody waits for any more hold nobody up."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run_with_daemon_threads(main: Coroutine[Any, Any, T]) -> T:
    """Like `asyncio.run`, which however joins the threads of `asyncio.to_thread` and of name resolution at its end.

    A call of boto3 or of the resolver cannot be interrupted, and may take most of a minute.
    https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.shutdown_default_executor
    """

    async def in_daemon_threads() -> T:
        asyncio.get_running_loop().set_default_executor(_DaemonThreads())
        return await main

    return asyncio.run(in_daemon_threads())


class _DaemonThreads(ThreadPoolExecutor):
    """Starts a daemon thread for each call, and has no pool to shut down. An event loop takes no other base class."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        # From here on only the call's own end ends it: whoever cancels stops waiting for it, no more.
        future.set_running_or_notify_cancel()

        def call() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as failed:  # noqa: BLE001 - the thread's end: whoever waits gets what was raised
                future.set_exception(failed)

        Thread(target=call, daemon=True).start()
        return future
