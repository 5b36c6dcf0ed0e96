import pytest
from hypothesis import given
from hypothesis import strategies as st

from scan_findings.finding import Finding
from scan_findings.waiver import BadWaiver, Waiver, read_waivers

FINDING = Finding("checkov", "CKV_1", "cloudformation/stack.yaml", 0, "Queue")
WAIVER = """
[[waiver]]
scanner = "checkov"
rule = "CKV_1"
resources = "AWS::SQS::Queue"
reason = "Because."
"""


def test_a_table_of_waivers_is_read() -> None:
    assert read_waivers(WAIVER, "waivers.toml") == [
        Waiver("checkov", "CKV_1", "Because.", "waivers.toml", resource_type="AWS::SQS::Queue")
    ]


def test_a_waiver_covers_its_rule_at_its_kind_of_resource() -> None:
    (waiver,) = read_waivers(WAIVER, "waivers.toml")
    assert waiver.covers(FINDING, "AWS::SQS::Queue")
    assert not waiver.covers(FINDING, "AWS::S3::Bucket")
    assert not waiver.covers(FINDING, "")
    assert not waiver.covers(Finding("checkov", "CKV_2", FINDING.file, 0, "Queue"), "AWS::SQS::Queue")
    assert not waiver.covers(Finding("cfn-guard", "CKV_1", FINDING.file, 0, "Queue"), "AWS::SQS::Queue")


@pytest.mark.parametrize(
    ("fields", "covered"),
    [
        ({"files": "cloudformation/*"}, True),
        ({"files": "*.yaml"}, True),
        ({"files": "src/*"}, False),
        ({"resource": "Queue"}, True),
        ({"resource": "Bucket"}, False),
        ({"at_line": 7}, False),
    ],
)
def test_each_field_narrows_it(fields: dict[str, object], covered: bool) -> None:
    assert Waiver("checkov", "*", "Because.", "here", **fields).covers(FINDING, "AWS::SQS::Queue") is covered  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "waiver = 3",
        "[[waiver]]",
        "waiver = [3]",
        "not toml",
        WAIVER.replace("Because.", " "),
        WAIVER.replace('reason = "Because."', ""),
        WAIVER.replace("resources", "resource"),
        WAIVER.replace('"Because."', "7"),
        WAIVER.replace('resources = "AWS::SQS::Queue"', ""),
    ],
)
def test_a_waiver_without_reason_or_place_is_none(text: str) -> None:
    with pytest.raises(BadWaiver, match=r"waivers\.toml"):
        read_waivers(text, "waivers.toml")


@given(st.text())
def test_any_text_gives_waivers_or_the_error(text: str) -> None:
    try:
        assert isinstance(read_waivers(text, "waivers.toml"), list)
    except BadWaiver as error:
        assert "waivers.toml" in str(error)


def test_it_says_where_it_is_written() -> None:
    assert Waiver("s", "r", "why", "file", 7).written() == "file:7"
    assert Waiver("s", "r", "why", "table").written() == "table"
