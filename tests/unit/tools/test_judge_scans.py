import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from judge_scans import main
from plant_flaws import PLANTED

TEMPLATE = """\
Resources:
  Bucket:
    # checkov:skip=CKV_AWS_18:Needs a second bucket.
    Type: AWS::S3::Bucket
"""
WAIVERS = """
[[waiver]]
scanner = "checkov"
rule = "CKV_AWS_21"
resources = "AWS::S3::Bucket"
reason = "Written once."
"""
PLANTED_TEMPLATE = "scan/planted/template.yaml"

# What the scanners would write of the flaws that were planted for them.
CLEAN: dict[str, Any] = {
    "cfn-lint": [
        {
            "Filename": PLANTED_TEMPLATE,
            "Location": {"Path": ["Resources", "OpenBucket"], "Start": {"LineNumber": 3}},
            "Rule": {"Id": rule, "ShortDescription": ""},
        }
        for rule in sorted(PLANTED["cfn-lint"])
    ],
    "checkov": {
        "results": {
            "failed_checks": [
                {"check_id": rule, "check_name": "", "file_path": f"/{PLANTED_TEMPLATE}", "resource": "A.OpenBucket"}
                for rule in sorted(PLANTED["checkov"])
            ],
            "skipped_checks": [],
            "parsing_errors": [],
        },
        "summary": {"passed": 1, "failed": 1},
    },
    "cfn-guard": [
        {
            "name": f"/scan/json/{PLANTED_TEMPLATE}.json",
            "compliant": [],
            "not_compliant": [
                {"Rule": {"name": "x", "checks": [f"[{rule}]: Title", {"path": "/Resources/OpenBucket"}]}}
                for rule in sorted(PLANTED["cfn-guard"])
            ],
        }
    ],
    "bandit": {
        "errors": [],
        "metrics": {"_totals": {"loc": 3}, "scan/planted/program.py": {"loc": 2}, "src/a.py": {"loc": 1}},
        "results": [
            {"filename": "scan/planted/program.py", "test_id": rule, "line_number": 3, "issue_text": ""}
            for rule in sorted(PLANTED["bandit"])
        ],
    },
    "detect-secrets": {
        "plugins_used": [{"name": "AWSKeyDetector"}],
        "results": {
            "scan/planted/notes.txt": [{"type": rule, "line_number": 1} for rule in sorted(PLANTED["detect-secrets"])]
        },
    },
}


def checkov_report(*rules: str) -> dict[str, Any]:
    """The clean report, and these rules broken by the project's own bucket."""
    found = [
        {"check_id": rule, "check_name": "Name", "file_path": "/stack.yaml", "resource": "AWS::S3::Bucket.Bucket"}
        for rule in rules
    ]
    results = CLEAN["checkov"]["results"]
    return CLEAN["checkov"] | {"results": results | {"failed_checks": results["failed_checks"] + found}}


Judge = Callable[..., int]


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Judges a scan of a project of one template and one program; reports may be given as keyword arguments."""
    monkeypatch.chdir(tmp_path)
    for folder in ("scan/reports", "scanners", "src"):
        Path(folder).mkdir(parents=True)
    Path("stack.yaml").write_text(TEMPLATE, encoding="utf-8")
    Path("scanners/waivers.toml").write_text(WAIVERS, encoding="utf-8")
    Path("src/a.py").write_text("", encoding="utf-8")
    Path("scan/texts").write_bytes(b"stack.yaml\0src/a.py\0")

    def run(**reports: Any) -> int:
        for scanner, report in (CLEAN | {"checkov": checkov_report("CKV_AWS_18", "CKV_AWS_21")} | reports).items():
            Path(f"scan/reports/{scanner}.json").write_text(
                report if isinstance(report, str) else json.dumps(report), encoding="utf-8"
            )
        return main(["scan", "--templates", "stack.yaml", "--code", "src", "--texts", "scan/texts"])

    return run


def test_what_is_waived_is_in_the_table_with_its_reason(judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge() == 0
    said = capsys.readouterr().out
    assert "checkov: 0 findings, and 2 that are waived" in said
    assert "bandit: 0 findings, and 0 that are waived" in said
    assert "Needs a second bucket." in said
    assert "stack.yaml:3" in said
    assert "Written once." in said
    assert "OpenBucket" not in said


def test_what_is_not_waived_is_said_and_fails(judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(checkov=checkov_report("CKV_AWS_18", "CKV_AWS_21", "CKV_AWS_53")) == 1
    said = capsys.readouterr()
    assert "stack.yaml Bucket: checkov CKV_AWS_53 Name" in said.out
    assert "The scan has failed" in said.err


@pytest.mark.parametrize("kept", ["CKV_AWS_18", "CKV_AWS_21"])
def test_a_waiver_that_nothing_needs_fails(judge: Judge, capsys: pytest.CaptureFixture[str], kept: str) -> None:
    assert judge(checkov=checkov_report(kept)) == 1
    assert "needs no waiver any more" in capsys.readouterr().out


@pytest.mark.parametrize("scanner", sorted(PLANTED))
@pytest.mark.parametrize("report", ["", "[]", "{}", '{"results": []}'])
def test_a_scanner_that_reports_nothing_fails(
    judge: Judge, capsys: pytest.CaptureFixture[str], scanner: str, report: str
) -> None:
    assert judge(**{scanner: report}) == 1
    # Its name, and a sentence in place of numbers.
    assert f"{scanner}: 0 findings" not in capsys.readouterr().out


def test_a_scanner_that_misses_its_flaw_is_named_with_it(judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(bandit=CLEAN["bandit"] | {"results": []}) == 1
    assert "bandit: It does not find what was planted for it: B602." in capsys.readouterr().out


def test_the_waivers_of_a_scanner_that_fails_are_not_called_needless(
    judge: Judge, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge(checkov="") == 1
    assert "needs no waiver" not in capsys.readouterr().out


def test_a_scanner_s_last_words_are_passed_on(judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    Path("scan/reports/checkov.log").write_text("Traceback\nNo such option\n\n", encoding="utf-8")
    assert judge(checkov="") == 1
    assert "No such option" in capsys.readouterr().out


def test_a_report_that_is_missing_fails(judge: Judge, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge() == 0
    (tmp_path / "scan" / "reports" / "bandit.json").unlink()
    assert main(["scan", "--templates", "stack.yaml", "--code", "src", "--texts", "scan/texts"]) == 1
    assert "bandit: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("scanners/waivers.toml", WAIVERS.replace("Written once.", "")),
        ("stack.yaml", TEMPLATE.replace(":Needs a second bucket.", "")),
        ("src/a.py", "x = ''  # nosec B105\n"),
        ("src/a.py", "x = ''  # pragma: allowlist secret\n"),
    ],
)
def test_a_waiver_without_a_reason_fails(
    judge: Judge, capsys: pytest.CaptureFixture[str], file: str, text: str
) -> None:
    Path(file).write_text(text, encoding="utf-8")
    assert judge() == 1
    assert file in capsys.readouterr().err


def test_code_is_waived_where_it_stands(judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    Path("src/a.py").write_text("x = ''  # nosec B105 (not there yet)\n", encoding="utf-8")
    found = {"filename": "src/a.py", "test_id": "B105", "line_number": 1, "issue_text": ""}
    assert judge(bandit=CLEAN["bandit"] | {"results": [*CLEAN["bandit"]["results"], found]}) == 0
    assert "not there yet" in capsys.readouterr().out
