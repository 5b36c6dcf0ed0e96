"""./run_local.sh --costs and --focus-export: what is fetched, checked and given to the local cloud."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from finops_operations.local_run.cloud import LocalRunFailed
from finops_operations.local_run.costs import checked, uploaded
from sample_agents.costs.source import SHIPPED_DATA

EXPORT = "s3://exports/billing"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        for bucket in ("exports", "packages"):
            client.create_bucket(Bucket=bucket)
        yield client


def test_an_export_in_s3_is_fetched_and_the_checker_says_what_is_in_it(
    s3: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    key = "billing/daily/data/BILLING_PERIOD=2026-05/daily-00001.csv.gz"
    manifest = json.dumps({"dataFiles": [f"s3://exports/{key}"]}).encode()
    s3.put_object(Bucket="exports", Key=key, Body=SHIPPED_DATA.read_bytes())
    s3.put_object(
        Bucket="exports", Key="billing/daily/metadata/BILLING_PERIOD=2026-05/daily-Manifest.json", Body=manifest
    )
    (file,) = checked([], EXPORT, tmp_path / "fetched")
    assert file.read_bytes() == SHIPPED_DATA.read_bytes()
    said = capfd.readouterr()
    assert said.out == ""
    assert "12,631 rows" in said.err


@pytest.mark.parametrize(
    ("focus_export", "sentence"),
    [
        (EXPORT, "There is nothing in s3://exports/billing/: the address is wrong, or nothing is delivered yet."),
        ("s3://absent/x", "There is no bucket absent."),
        ("exports/billing", "must read s3://bucket/key or s3://bucket/folder/"),
    ],
)
def test_an_export_that_is_not_there_is_a_sentence(s3: Any, tmp_path: Path, focus_export: str, sentence: str) -> None:
    with pytest.raises(LocalRunFailed) as refused:
        checked([], focus_export, tmp_path / "fetched")
    assert sentence in str(refused.value)


def test_costs_that_are_no_export_are_refused_by_the_checker(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wrong.csv").write_text("Service,Cost\nAmazon S3,12\n")
    with pytest.raises(LocalRunFailed, match="leave --costs out to use the sample data"):
        checked([tmp_path], "", tmp_path)
    assert "wrong.csv" in capfd.readouterr().err


def test_files_become_one_folder_whose_name_is_their_content(s3: Any, tmp_path: Path) -> None:
    files = [tmp_path / "one" / "costs.csv", tmp_path / "two" / "costs.csv", tmp_path / "export"]
    for number, file in enumerate(files):
        file.parent.mkdir(exist_ok=True)
        file.write_text(str(number))
    place = uploaded(s3, "packages", files)
    folder = place.removeprefix("s3://packages/")
    assert folder.endswith("/")
    assert [found["Key"].removeprefix(folder) for found in s3.list_objects_v2(Bucket="packages")["Contents"]] == [
        "00000/costs.csv",
        "00001/costs.csv",
        "00002/export.csv",
    ]
    assert uploaded(s3, "packages", files) == place
    assert uploaded(s3, "packages", files[:2]) != place
