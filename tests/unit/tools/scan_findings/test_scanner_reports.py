import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scan_findings.finding import Finding
from scan_findings.scanner_reports import READERS, UnusableReport, read_report

CFN_LINT = [
    {
        "Filename": "stack.yaml",
        "Location": {"Path": ["Resources", "Queue", "Properties"], "Start": {"LineNumber": 9, "ColumnNumber": 1}},
        "Rule": {"Id": "E3012", "ShortDescription": "Check values"},
    },
    {
        "Filename": "stack.yaml",
        "Location": {"Path": ["Metadata"], "Start": {"LineNumber": 4, "ColumnNumber": 1}},
        "Rule": {"Id": "I4010", "ShortDescription": "Context"},
    },
    {
        "Filename": "stack.yaml",
        "Location": {"Path": None, "Start": {"LineNumber": 1, "ColumnNumber": 1}},
        "Rule": {"Id": "E0000", "ShortDescription": "Parsing"},
    },
]


def checkov_check(rule: str) -> dict[str, Any]:
    return {"check_id": rule, "check_name": "Name", "file_path": "/stack.yaml", "resource": "AWS::SQS::Queue.Queue"}


CHECKOV = {
    "results": {
        "failed_checks": [checkov_check("CKV_AWS_27")],
        "skipped_checks": [checkov_check("CKV_AWS_28")],
        "parsing_errors": [],
    },
    "summary": {"passed": 3, "failed": 1},
}
CFN_GUARD = [
    {
        "name": "/anywhere/.local/scan/json/cloudformation/stack.yaml.json",
        "compliant": ["another_check"],
        "not_compliant": [
            {
                "Rule": {
                    "name": "sqs_dlq_check",
                    "checks": [
                        {"messages": {"custom_message": "\n  [CT.SQS.PR.1]: Require a queue\n  [FIX]: Do"}},
                        {"value": {"path": "/Resources/Queue/Properties"}, "to": {"path": ""}},
                        {"value": {"path": "/Resources/Queue/Properties/RedrivePolicy"}},
                        {"value": {"path": "/Resources/Other/Properties"}},
                    ],
                }
            },
            {"Rule": {"name": "nameless_check", "checks": []}},
        ],
    }
]
BANDIT = {
    "errors": [],
    "metrics": {"_totals": {"loc": 10}, "planted/program.py": {"loc": 2}, "src/a.py": {"loc": 8}},
    "results": [{"filename": "./src/a.py", "test_id": "B105", "line_number": 3, "issue_text": "Password"}],
}
DETECT_SECRETS = {
    "plugins_used": [{"name": "AWSKeyDetector"}],
    "results": {"a.txt": [{"type": "AWS Access Key", "line_number": 2}]},
}


@pytest.mark.parametrize(
    ("scanner", "report", "findings"),
    [
        (
            "cfn-lint",
            CFN_LINT,
            [
                Finding("cfn-lint", "E0000", "stack.yaml", 1, "", "Parsing"),
                Finding("cfn-lint", "E3012", "stack.yaml", 0, "Queue", "Check values"),
                Finding("cfn-lint", "I4010", "stack.yaml", 4, "", "Context"),
            ],
        ),
        (
            "checkov",
            CHECKOV,
            [
                Finding("checkov", "CKV_AWS_27", "stack.yaml", 0, "Queue", "Name"),
                Finding("checkov", "CKV_AWS_28", "stack.yaml", 0, "Queue", "Name"),
            ],
        ),
        (
            "cfn-guard",
            CFN_GUARD,
            [
                Finding("cfn-guard", "CT.SQS.PR.1", "cloudformation/stack.yaml", 0, "Other", "Require a queue"),
                Finding("cfn-guard", "CT.SQS.PR.1", "cloudformation/stack.yaml", 0, "Queue", "Require a queue"),
                Finding("cfn-guard", "nameless_check", "cloudformation/stack.yaml"),
            ],
        ),
        ("bandit", BANDIT, [Finding("bandit", "B105", "src/a.py", 3, "", "Password")]),
        ("detect-secrets", DETECT_SECRETS, [Finding("detect-secrets", "AWS Access Key", "a.txt", 2)]),
    ],
)
def test_each_scanner_s_report_is_read(scanner: str, report: object, findings: list[Finding]) -> None:
    assert read_report(scanner, json.dumps(report)) == findings


NO_CHECKS = {"results": {"failed_checks": [], "skipped_checks": [], "parsing_errors": []}}


# What each says, with status 0, of a path that is not there, of an empty file and of an empty folder of rules.
@pytest.mark.parametrize(
    ("scanner", "report", "sentence"),
    [
        ("checkov", {"passed": 0, "failed": 0}, "form"),
        ("checkov", NO_CHECKS | {"summary": {"passed": 0, "failed": 0}}, "Not one check"),
        (
            "checkov",
            {
                "results": {"failed_checks": [], "skipped_checks": [], "parsing_errors": ["no.yaml"]},
                "summary": {"passed": 3, "failed": 0},
            },
            "could not read no.yaml",
        ),
        ("cfn-guard", [], "no template"),
        (
            "cfn-guard",
            [{"name": "/json/e.json", "compliant": [], "not_compliant": []}],
            "Not one rule was evaluated on e",
        ),
        ("bandit", BANDIT | {"errors": [{"filename": "no.py", "reason": "?"}]}, "could not read no.py"),
        ("bandit", BANDIT | {"metrics": {"_totals": {"loc": 0}}}, "no code"),
        ("bandit", BANDIT | {"metrics": {"_totals": {"loc": 2}, "planted/program.py": {"loc": 2}}}, "no code"),
        (
            "bandit",
            BANDIT | {"metrics": {"_totals": {"loc": 2}, "planted/program.py": {"loc": 2}, "src/empty.py": {"loc": 0}}},
            "no code",
        ),
        ("detect-secrets", DETECT_SECRETS | {"plugins_used": []}, "Not one detector"),
    ],
)
def test_a_scan_of_nothing_is_not_clean(scanner: str, report: object, sentence: str) -> None:
    with pytest.raises(UnusableReport, match=sentence):
        read_report(scanner, json.dumps(report))


@pytest.mark.parametrize("scanner", READERS)
@pytest.mark.parametrize("text", ["", "{", "null", "7", '{"a": 1}', "[1]"])
def test_another_text_is_no_report(scanner: str, text: str) -> None:
    with pytest.raises(UnusableReport):
        read_report(scanner, text)


values = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(st.sampled_from(sorted(READERS)), values.map(json.dumps) | st.text())
def test_any_text_is_a_report_or_unusable(scanner: str, text: str) -> None:
    with contextlib.suppress(UnusableReport):
        assert isinstance(read_report(scanner, text), list)


def test_there_is_no_other_scanner() -> None:
    with pytest.raises(KeyError):
        read_report("none", "[]")
