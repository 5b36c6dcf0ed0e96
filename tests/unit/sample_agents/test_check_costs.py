import subprocess
import sys
from pathlib import Path

import pytest

import sample_agents
from sample_agents.check_costs import main


@pytest.fixture
def path(tmp_path, export):
    path = tmp_path / "costs.csv"
    path.write_bytes(export([{"EffectiveCost": "1234.5"}, {"BillingCurrency": "EUR", "ServiceName": "AWS Lambda"}]))
    return path


def test_summary_of_a_good_file(path, capsys):
    assert main([str(path)]) == 0
    out, err = capsys.readouterr()
    assert out == (
        f"{path}: 2 rows, May 2026 (1 month), 1 provider (AWS), 2 services, "
        "total 1.00 EUR, 1,234.50 USD (EffectiveCost)\n"
    )
    assert err == ""


def test_wrong_file(path, capsys):
    path.write_bytes(b"PK\x03\x04")
    assert main([str(path)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{path}: This is a zip archive or an Excel workbook")
    assert err.count("\n") == 1


def test_file_that_cannot_be_opened(tmp_path, capsys):
    assert main([str(tmp_path / "none.csv")]) == 1
    assert capsys.readouterr().err.endswith("none.csv: No such file or directory\n")
    assert main([str(tmp_path)]) == 1


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_wrong_usage(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("usage: python -m sample_agents.check_costs FILE")


def test_help(capsys):
    assert main(["--help"]) == 0
    assert capsys.readouterr().out.startswith("usage:")


def test_runs_as_a_module_with_the_standard_library_alone(path):
    source = Path(sample_agents.__file__).parent.parent
    command = [sys.executable, "-S", "-m", "sample_agents.check_costs", str(path)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
