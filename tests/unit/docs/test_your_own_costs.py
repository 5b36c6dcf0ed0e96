"""docs/your_own_costs.md: AWS takes its export, the agents read all that is in it, and say what it says."""

import json
import re

import boto3
from botocore.validate import ParamValidator

from finops_benchmarks.cloudformation_template import load
from sample_agents.costs.dialects import COLUMNS
from unit.docs.markdown_document import REPOSITORY, MarkdownDocument
from unit.docs.said_sentences import begins, texts_in

DOCUMENT = MarkdownDocument("docs/your_own_costs.md")
EXPORT, POLICY = (json.loads(block.text) for block in DOCUMENT.blocks("json"))
# Columns of FOCUS that AWS's table does not have under any name, or that say the same as another one.
NOT_OF_AWS = {
    "ServiceProviderName", "Provider", "HostProviderName", "Region", "UsageQuantity", "UsageUnit", "x_UsageType",
}  # fmt: skip


def test_aws_takes_the_export_as_it_stands_there() -> None:
    client = boto3.client("bcm-data-exports", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    shape = client.meta.service_model.operation_model("CreateExport").input_shape
    report = ParamValidator().validate({"Export": EXPORT}, shape)
    assert not report.has_errors(), report.generate_report()
    output = EXPORT["DestinationConfigurations"]["S3Destination"]["S3OutputConfigurations"]
    allowed = shape.members["Export"].members["DestinationConfigurations"].members["S3Destination"]
    for name, value in output.items():
        assert value in allowed.members["S3OutputConfigurations"].members[name].enum


def test_the_export_has_all_that_the_agents_read() -> None:
    query = EXPORT["DataQuery"]
    columns, table = re.fullmatch(r"SELECT (.+) FROM (\w+)", query["QueryStatement"]).groups()  # type: ignore[union-attr]
    assert list(query["TableConfigurations"]) == [table] == ["FOCUS_1_2_AWS"]
    read = {column for names in COLUMNS.values() for column in names}
    assert set(columns.split(", ")) == read - NOT_OF_AWS


def test_the_bucket_s_policy_is_for_the_export_s_bucket() -> None:
    bucket = f"arn:aws:s3:::{EXPORT['DestinationConfigurations']['S3Destination']['S3Bucket']}"
    (statement,) = POLICY["Statement"]
    assert statement["Resource"] == [bucket, f"{bucket}/*"]


def test_what_the_agents_say_is_explained_as_they_say_it() -> None:
    said = texts_in(REPOSITORY / "src" / "sample_agents" / "costs")
    table = DOCUMENT.prose.partition("## When it does not work")[2]
    named = [
        span for row in re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", table, re.MULTILINE) for span in row.split("`")
    ]
    sentences = [span for span in named if re.search("[a-z]", span)]
    assert len(sentences) > 10
    assert [each for each in sentences if not any(begins(text, each) for text in said)] == []


def test_the_functions_have_the_room_that_it_says() -> None:
    functions = [
        resource["Properties"]
        for resource in load("sample-agents.yaml")["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    assert {(each["MemorySize"], each["EphemeralStorage"]["Size"]) for each in functions} == {(1769, 4096)}
    assert "1,769 MB of memory and 4 GB of `/tmp`" in DOCUMENT.prose
