"""What a question costs where more is stored and more is connected: the same, but for a message to each follower."""

from finops_benchmarks.results import Options, Result, Table
from finops_benchmarks.work import count


def measure(_: Options) -> Result:
    """Count one question's work, while its followers, other users and its user's earlier questions grow."""
    works = count("growth")
    return Result(
        "Growth: work of a question as more is there",
        (
            Table(
                "One question to one agent",
                ("", "calls", "of them posts", "write units", "read units", "bytes but for posts", "bytes of a post"),
                tuple(
                    (
                        work.name,
                        len(work.calls),
                        work.messages().total(),
                        work.write_units,
                        work.read_units,
                        sum(call.sent + call.received for call in work.calls) - work.message_bytes,
                        round(work.message_bytes / work.messages().total()),
                    )
                    for work in works
                ),
                "All calls of the functions are counted, and the bytes of their requests and responses. A follower's"
                " connection is told of with each step that is stored.",
            ),
        ),
        figures={work.name: dict(work.calls_by_kind()) for work in works},
    )
