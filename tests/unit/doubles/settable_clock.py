"""A clock that stands still until a test moves it."""


class SettableClock:
    """Tells seconds; `now` may be changed."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def set(self, now: float) -> None:
        self.now = now
