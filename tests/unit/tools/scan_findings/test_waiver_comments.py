import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scan_findings.waiver import BadWaiver
from scan_findings.waiver_comments import code_waivers, secret_waivers, template_waivers

TEMPLATE = """\
Resources:
  Bucket:
    # checkov:skip=CKV_AWS_21:Written once: no versions.
    # cfn-guard:skip=CT.S3.PR.11:As CKV_AWS_21.
    Type: AWS::S3::Bucket
"""


def test_a_template_s_comments_waive_at_their_resource() -> None:
    first, second = template_waivers("stack.yaml", TEMPLATE)
    assert (first.scanner, first.rule, first.resource) == ("checkov", "CKV_AWS_21", "Bucket")
    assert (first.reason, first.written()) == ("Written once: no versions.", "stack.yaml:3")
    assert (second.scanner, second.rule, second.resource) == ("cfn-guard", "CT.S3.PR.11", "Bucket")


@pytest.mark.parametrize(
    "template",
    [
        TEMPLATE.replace(":As CKV_AWS_21.", ""),
        TEMPLATE.replace("As CKV_AWS_21.", " "),
        "# checkov:skip=CKV_AWS_21:For all.\n" + TEMPLATE,
        TEMPLATE.replace("  Bucket:\n", ""),
    ],
)
def test_a_comment_without_reason_or_resource_is_no_waiver(template: str) -> None:
    with pytest.raises(BadWaiver, match=r"stack\.yaml:\d+: the waiver"):
        template_waivers("stack.yaml", template)


def test_code_is_waived_for_bandit_in_its_own_form_and_in_ruff_s() -> None:
    own, shared, *more = code_waivers(
        "a.py",
        'token = ""  # nosec B105 (none yet)\n'
        "pause = random()  # noqa: S311 (no secret)\n"
        "run(x)  # noqa: BLE001, S602, S607 (all of them)\n",
    )
    assert (own.rule, own.at_line, own.reason, own.shared) == ("B105", 1, "none yet", False)
    assert (shared.rule, shared.at_line, shared.reason, shared.shared) == ("B311", 2, "no secret", True)
    assert [waiver.rule for waiver in more] == ["B602", "B607"]


def test_what_only_ruff_is_told_waives_nothing() -> None:
    assert code_waivers("a.py", "x = 1  # noqa: S311\ny = 2  # noqa: BLE001 (entry point)\n") == []


def test_a_nosec_needs_a_reason() -> None:
    with pytest.raises(BadWaiver, match=r"a\.py:1: the waiver gives no reason"):
        code_waivers("a.py", "x = 1  # nosec B105\n")


def test_a_string_is_no_comment() -> None:
    text = 'x = "# nosec B105 (no)"\n"""\n# pragma: allowlist secret (no)\n"""\n'
    assert code_waivers("a.py", text) == []
    assert secret_waivers("a.py", text) == []


@pytest.mark.parametrize("file", ["a.py", "a.yaml", "a.sh", "a"])
def test_a_line_is_waived_for_all_kinds_of_secret(file: str) -> None:
    (waiver,) = secret_waivers(file, "password = 'x'  # pragma: allowlist secret (made up)\n")
    assert (waiver.scanner, waiver.rule, waiver.at_line, waiver.reason) == ("detect-secrets", "*", 1, "made up")


def test_a_pragma_needs_a_reason_too() -> None:
    with pytest.raises(BadWaiver, match="no reason"):
        secret_waivers("a.sh", "x=y # pragma: allowlist secret\n")


def test_markdown_speaks_of_waivers_and_has_none() -> None:
    assert secret_waivers("a.md", "Write `# pragma: allowlist secret (why)` behind it.") == []


pieces = st.lists(
    st.sampled_from(["#", " nosec B1", "05", " (why)", "noqa: S1", "\n", '"""', "pragma: allowlist secret"])
)


@given(st.text() | pieces.map("".join))
def test_any_text_gives_waivers_with_reasons_or_the_error(text: str) -> None:
    for read in (template_waivers, code_waivers, secret_waivers):
        with contextlib.suppress(BadWaiver):
            assert all(waiver.reason.strip() for waiver in read("a.py", text))
