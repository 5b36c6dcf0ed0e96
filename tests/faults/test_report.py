"""The table that a run prints."""

from faults.history import History
from faults.report import Report, table_of


def test_table_has_a_row_for_each_fault_and_sums() -> None:
    history = History()
    history.final_items = {"a": {"status": "completed"}, "b": {"status": "failed"}}
    reports = [
        Report.of("SQS fails", {"SQS fails": 3}, history, []),
        Report.of("workers die", {"killed": 1, "drowned": 2}, History(), ["One.", "Two."]),
    ]

    assert table_of(reports) == [
        "fault        injected             jobs  completed  failed  cancelled  invariants",
        "SQS fails    3                    2     1          1       0          held",
        "workers die  1 killed, 2 drowned  0     0          0       0          2 violations",
        "2 rows       6                    2     1          1       0          2 violations",
    ]


def test_row_whose_fault_never_came_says_so() -> None:
    assert Report.of("SQS fails", {}, History(), []).cells()[:2] == ("SQS fails", "0")
