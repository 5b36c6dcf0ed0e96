import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from finops_operations.errors import OperationFailed
from finops_operations.frontend_releases import (
    FrontendRelease,
    FrontendReleases,
    is_release_id,
    parse_record,
    release_id,
)

FIRST, SECOND = "20261123T201500Z-f8c6228", "20261123T211500Z-nogit"
PREFIX = "finops-websocket-api/frontend/d1a2b3/staging/"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="packages")
        yield client


@pytest.fixture
def releases(s3: Any) -> FrontendReleases:
    return FrontendReleases(s3, "packages", "finops-websocket-api", "d1a2b3", "staging")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "a.zip").write_bytes(b"zip")
    return tmp_path / "a.zip"


def test_id_is_made_of_time_and_commit() -> None:
    made = release_id(datetime(2026, 11, 23, 20, 15, tzinfo=UTC), "f8c6228")

    assert made == FIRST
    assert is_release_id(made)
    assert not is_release_id(f"{made}/deeper")


def test_release_lies_below_stack_app_and_branch(releases: FrontendReleases, s3: Any, package: Path) -> None:
    releases.upload(FrontendRelease(FIRST, commit="f8c6228", status="uploaded"), package)

    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="packages")["Contents"]]
    assert keys == [
        "finops-ui-websocket-deployed.zip",
        f"{PREFIX}{FIRST}/finops-ui.zip",
        f"{PREFIX}{FIRST}/release.json",
    ]
    assert releases.source_url(FIRST) == f"s3://packages/{PREFIX}{FIRST}/finops-ui.zip"
    record = json.loads(s3.get_object(Bucket="packages", Key=keys[2])["Body"].read())
    assert (record["id"], record["commit"], record["status"]) == (FIRST, "f8c6228", "uploaded")


def test_address_leads_back_to_the_release(releases: FrontendReleases) -> None:
    assert releases.id_of(releases.source_url(FIRST)) == FIRST
    assert releases.id_of("s3://packages/finops-ui-websocket-deployed.zip") == ""
    assert releases.id_of(f"s3://other/{PREFIX}{FIRST}/finops-ui.zip") == ""
    assert releases.id_of("") == ""


def test_releases_come_newest_first(releases: FrontendReleases, s3: Any, package: Path) -> None:
    of_a_branch_below = FrontendReleases(s3, "packages", "finops-websocket-api", "d1a2b3", "staging/new")
    for release in (SECOND, FIRST):
        releases.upload(FrontendRelease(release, status="uploaded"), package)
    of_a_branch_below.upload(FrontendRelease(SECOND), package)
    releases.save(FrontendRelease(FIRST, status="deployed", job="7"))

    assert releases.newest() == [
        FrontendRelease(SECOND, status="uploaded"),
        FrontendRelease(FIRST, status="deployed", job="7"),
    ]


def test_release_without_its_zip_is_none(releases: FrontendReleases, package: Path) -> None:
    releases.upload(FrontendRelease(FIRST, endpoint="wss://a"), package)
    releases.save(FrontendRelease(SECOND))

    assert releases.get(FIRST).endpoint == "wss://a"
    with pytest.raises(OperationFailed, match=f"There is no release {SECOND}"):
        releases.get(SECOND)


@given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(lambda value: json.dumps(value).encode()))
def test_any_record_is_read_as_far_as_it_goes(record: bytes) -> None:
    assert parse_record(record, FIRST).id == FIRST


def test_record_of_another_version_is_read_as_far_as_it_goes() -> None:
    assert parse_record(b'{"id": "x", "new": 1, "job": 7}', FIRST) == FrontendRelease(FIRST, job="7")
    assert parse_record(b"{", FIRST).status == "unreadable"
