"""What a run of the benchmarks leaves: each part's last result, and readable files that show nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from finops_benchmarks.results import Chart, Result, Table, write

REPOSITORY = Path(__file__).resolve().parents[3]


def a_result(cell: float) -> Result:
    chart = Chart("picture", "A picture", ("label",), {"side": ((cell, cell, cell),)})
    return Result("A part", (Table("A table", ("what", "how much"), (("this", cell),)),), (chart,))


def test_a_part_that_is_measured_again_replaces_its_own_result_only(tmp_path: Path) -> None:
    for name, cell in (("one", 1.25), ("other", 2.25), ("one", 3.25)):
        write(name, a_result(cell), tmp_path)
    report = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert [cell in report for cell in ("1.25", "2.25", "3.25")] == [False, True, True]
    assert list(json.loads((tmp_path / "results.json").read_bytes())) == ["one", "other"]


def test_the_same_figures_make_the_same_picture_and_it_loads_no_program_of_a_site() -> None:
    (chart,) = a_result(1.5).charts
    assert chart.svg() == chart.svg()
    assert b"pygal-tooltips" not in chart.svg()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["nothing"], "There is no part nothing."),
        (["--rounds", "1"], "a whole number from 2 to 1000"),
        (["--checkout", f"before={os.devnull}"], "a checkout of this repository"),
        (["--checkout", "no-label"], "a label of letters and digits"),
    ],
)
def test_a_mistake_in_the_command_line_is_told_in_a_sentence(options: list[str], sentence: str) -> None:
    folders = os.pathsep.join(str(REPOSITORY / folder) for folder in ("benchmarks", "ops", "src", "client"))
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "finops_benchmarks", *options],
        env={**os.environ, "PYTHONPATH": folders},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert sentence in ran.stderr.replace("\n", " ")
