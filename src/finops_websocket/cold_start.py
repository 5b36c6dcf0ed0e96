"""The start of a function, before its first event. A handler imports this first, and says at its end that it is over.

What is made meanwhile, modules and clients, stays as long as the process. Python's garbage collector would look at all
of it again and again, which is a sixth of a cold start, and find next to nothing.
"""

import gc

gc.disable()


def is_over() -> None:
    """Collect garbage from now on, without looking at what the start has made.

    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.freeze()
    gc.enable()
