"""docs/capacity.md says what its arithmetic and its simulation give."""

import re
from collections.abc import Callable, Iterable

import pytest

from finops_benchmarks import capacity, simulation
from finops_benchmarks.results import Options, Table
from unit.docs.markdown_document import MarkdownDocument

PAGE = MarkdownDocument("docs/capacity.md")


@pytest.mark.parametrize(
    ("part", "tables"),
    [("capacity", lambda: capacity.measure(Options()).tables), ("simulation", lambda: [simulation.bursts()])],
)
def test_the_page_has_the_tables_that_are_printed(part: str, tables: Callable[[], Iterable[Table]]) -> None:
    begin = f"<!-- {part}: printed by ./benchmarks/run.sh {part} -->\n\n"
    between = re.search(re.escape(begin) + f"(.*?)\n\n<!-- end of {part} -->", PAGE.text, re.DOTALL)
    assert between
    assert between[1] == "\n\n".join(table.markdown() for table in tables())


def test_what_is_set_for_so_many_users_is_enough_for_them() -> None:
    (settings,) = (table for table in capacity.measure(Options()).tables if table.title == "What to set")
    for row in settings.rows:
        users = int(str(row[0]).replace(",", ""))
        stacks, jobs = int(str(row[1])), int(str(row[2]))
        assert stacks * jobs >= capacity.needs(users)["jobs at once"]
        for limit in capacity.limits():
            if limit.is_fixed:
                assert limit.share(users) <= stacks
