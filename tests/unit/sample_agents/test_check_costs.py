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


def test_a_good_file_in_one_line_with_the_standard_library_alone(path):
    source = Path(sample_agents.__file__).parent.parent
    command = [sys.executable, "-S", "-m", "sample_agents.check_costs", str(path)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{path}: 2 rows, May 2026 (1 month), 1 provider (AWS), 2 services, "
        "total 1.00 EUR, 1,234.50 USD (EffectiveCost)\n"
    )


def test_wrong_files(path, tmp_path, capsys):
    path.write_bytes(b"PK\x03\x04")
    for wrong, reason in (
        (path, "This is a zip archive or an Excel workbook, not a FOCUS export: give CSV, or gzip of CSV, in UTF-8."),
        (tmp_path / "none.csv", "No such file or directory"),
        (tmp_path, "Is a directory"),
    ):
        assert main([str(wrong)]) == 1
        assert capsys.readouterr() == ("", f"{wrong}: {reason}\n")
