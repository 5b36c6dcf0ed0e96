from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from cloudformation_template import load
from finops_operations.errors import OperationFailed
from finops_operations.frontend_checks import check_amplify_reads, check_bucket, check_build, check_config, check_origin
from finops_operations.stack import Stack

ENDPOINT = "wss://abc.execute-api.us-east-1.amazonaws.com/prod"
URL = "https://staging.d1.amplifyapp.com"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.js"
    path.write_text(f"const config = {{api: {{websocketEndpoint: '{ENDPOINT}'}}}};\nexport default config;\n")
    return path


def test_config_of_the_stack_passes(config: Path) -> None:
    check_config(config, ENDPOINT)


def test_config_of_another_stack_is_refused(config: Path) -> None:
    with pytest.raises(OperationFailed, match=f"leads to {ENDPOINT}, the stack's is wss://new. Write it: ops/write_"):
        check_config(config, "wss://new")


@pytest.mark.parametrize("text", ["const config = {};", "const config = {api: 1};"])
def test_config_without_an_endpoint_is_refused(config: Path, text: str) -> None:
    config.write_text(f"{text} export default config;")

    with pytest.raises(OperationFailed, match="leads to no endpoint"):
        check_config(config, ENDPOINT)


def test_missing_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperationFailed, match=r"There is no .*config\.js\. Write it"):
        check_config(tmp_path / "config.js", ENDPOINT)


def test_build_must_have_the_endpoint_in_it(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f'x="{ENDPOINT}"')
    check_build(tmp_path, ENDPOINT)

    (tmp_path / "index.html").write_text("x")
    with pytest.raises(OperationFailed, match="the build is older than config"):
        check_build(tmp_path, ENDPOINT)


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("s3", region_name="us-east-1")


def test_bucket_that_amplify_cannot_read_is_warned_of(s3: Any, capsys: pytest.CaptureFixture[str]) -> None:
    s3.create_bucket(Bucket="packages")

    check_amplify_reads(s3, "packages", "us-east-1", "us-east-1")

    assert "does not let Amplify read it" in capsys.readouterr().err


def test_bucket_elsewhere_is_warned_of(s3: Any, capsys: pytest.CaptureFixture[str]) -> None:
    s3.create_bucket(Bucket="packages", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    region = check_bucket(s3, "packages", "us-east-1")
    check_amplify_reads(s3, "packages", region, "us-east-1")

    assert "Amplify is in us-east-1, the bucket packages in eu-west-1." in capsys.readouterr().err


def test_missing_bucket_can_be_made(s3: Any) -> None:
    with pytest.raises(OperationFailed, match="aws s3 mb s3://packages --region us-east-1"):
        check_bucket(s3, "packages", "us-east-1")


def test_bucket_of_somebody_else_is_refused(s3: Any) -> None:
    with Stubber(s3) as stubber:
        stubber.add_client_error("head_bucket", "403", http_status_code=403)

        with pytest.raises(OperationFailed, match="You may not use the bucket packages"):
            check_bucket(s3, "packages", "us-east-1")


@pytest.mark.parametrize(
    ("origins", "warned"),
    [("*", False), (f"https://a.example,{URL}", False), ("https://a.example", True), (f"{URL}:8443", True)],
)
def test_site_whose_pages_may_not_connect_is_warned_of(
    origins: str, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    check_origin(Stack("s", "CREATE_COMPLETE", {"AllowedOrigins": origins}, {}), URL)

    assert (f"AllowedOrigins={origins},{URL}" in capsys.readouterr().err) is warned


def test_template_has_the_parameters_that_are_read() -> None:
    assert {"LambdaS3Bucket", "AllowedOrigins"} <= set(load()["Parameters"])
