from scan_findings.finding import Finding


def test_it_says_where_it_is() -> None:
    assert Finding("bandit", "B105", "a.py", 7).place() == "a.py:7"
    assert Finding("checkov", "CKV_1", "a.yaml", 0, "Queue").place() == "a.yaml Queue"
    assert Finding("cfn-lint", "E0000", "a.yaml").place() == "a.yaml"
