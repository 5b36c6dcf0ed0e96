"""docs/capacity.md says what its arithmetic and its simulation give."""

from collections.abc import Iterable

from finops_benchmarks import capacity, simulation
from finops_benchmarks.recorded_work import Work
from finops_benchmarks.results import Table
from unit.docs.markdown_document import MarkdownDocument


def test_the_page_has_what_is_worked_out(works: dict[str, Work]) -> None:
    assert _between_markers("capacity") == _text(capacity.Capacity(works.values()).tables())


def test_the_page_has_what_is_simulated() -> None:
    assert _between_markers("simulation") == _text([simulation.bursts()])


def test_what_is_set_for_so_many_users_is_enough_for_them(works: dict[str, Work]) -> None:
    enough = capacity.Capacity(works.values())
    (settings,) = (table for table in enough.tables() if table.title == "What to set")
    for row in settings.rows:
        users, stacks, jobs = (int(str(cell).replace(",", "")) for cell in row[:3])
        assert stacks * jobs >= enough.needs(users)["jobs at once"]
        assert all(enough.share(limit, users) <= stacks for limit in capacity.limits() if limit.is_fixed)


def _between_markers(part: str) -> str:
    page = MarkdownDocument("docs/capacity.md").text
    _, begun, rest = page.partition(f"<!-- {part}: made by ./benchmarks/run.sh {part} -->\n\n")
    between, ended, _ = rest.partition(f"\n\n<!-- end of {part} -->")
    assert begun
    assert ended
    return between


def _text(tables: Iterable[Table]) -> str:
    return "\n\n".join(table.markdown() for table in tables)
