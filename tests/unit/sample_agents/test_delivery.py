"""What is read of a folder in S3: the newest delivery of AWS Data Exports as AWS documents it, or plain exports."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from sample_agents.costs.charges import Costs
from sample_agents.costs.delivery import StoredFile, UnfinishedError, newest_files
from sample_agents.costs.load import load_costs
from sample_agents.costs.source import CostSource, S3Place, local_files
from sample_agents.errors import CostDataError
from unit.sample_agents.conftest import USUAL_ROW

BUCKET, PREFIX, EXPORT = "my-exports", "billing/focus", "daily"
ROOT = f"{PREFIX}/{EXPORT}"
OLD, NEW = "20260601T050000-0a1b", "20260602T050000-9f8e"
MAY = "BILLING_PERIOD=2026-05"


def chunk(cost: str, month: str = "2026-05", *, rows: int = 1) -> bytes:
    """A data file, as an export by day delivers it: gzip of CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(USUAL_ROW))
    writer.writeheader()
    day = {"ChargePeriodStart": f"{month}-03T00:00:00Z", "ChargePeriodEnd": f"{month}-04T00:00:00Z"}
    writer.writerows([USUAL_ROW | day | {"EffectiveCost": cost}] * rows)
    return gzip.compress(text.getvalue().encode(), mtime=0)


class S3:
    """A bucket in moto, to which AWS delivers; the calls are noted, and a test may say how the next ones end."""

    def __init__(self) -> None:
        self.client = boto3.client("s3", region_name="us-east-1")
        self.client.create_bucket(Bucket=BUCKET)
        self.calls: list[tuple[str, str]] = []
        self.failures: list[Exception] = []
        self.exceptions = self.client.exceptions

    def put(self, key: str, content: bytes = b"") -> str:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)
        return f"s3://{BUCKET}/{key}"

    def deliver(self, *chunks: bytes, partition: str = MAY, execution: str = "", root: str = ROOT) -> None:
        """Deliver a billing period: its chunks, then the manifest; with an execution as "create new" does."""
        self.begin(*chunks, partition=partition, execution=execution, root=root)
        folder = f"{execution}/" if execution else ""
        names = [
            f"s3://{BUCKET}/{root}/data/{partition}/{folder}{EXPORT}-{number:05}.csv.gz"
            for number, _ in enumerate(chunks, 1)
        ]
        manifest = json.dumps({"exportName": EXPORT, "columns": [], "dataFiles": names}).encode()
        for where in {"", folder}:
            self.put(f"{root}/metadata/{partition}/{where}{EXPORT}-Manifest.json", manifest)

    def begin(self, *chunks: bytes, partition: str = MAY, execution: str = "", root: str = ROOT) -> None:
        """Deliver data files, whose manifest is to follow."""
        folder = f"{execution}/" if execution else ""
        for number, content in enumerate(chunks, 1):
            self.put(f"{root}/data/{partition}/{folder}{EXPORT}-{number:05}.csv.gz", content)

    def get_paginator(self, operation: str) -> Any:
        self._count(operation, "")
        return self.client.get_paginator(operation)

    def get_object(self, **asked: Any) -> Any:
        self._count("get_object", asked["Key"])
        return self.client.get_object(**asked)

    def head_object(self, **asked: Any) -> Any:
        self._count("head_object", asked["Key"])
        return self.client.head_object(**asked)

    def _count(self, operation: str, key: str) -> None:
        self.calls.append((operation, key))
        if self.failures:
            raise self.failures.pop(0)

    def downloads(self) -> list[str]:
        """The data files that were downloaded since this was last asked."""
        found = [
            key.removeprefix(f"{ROOT}/data/") for name, key in self.calls if name == "get_object" and "/data/" in key
        ]
        self.calls.clear()
        return found


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield S3()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(s3: S3, clock: Clock, tmp_path: Path) -> Callable[..., CostSource]:
    """Gives the source of an address, the export's if it says none."""

    def make(uri: str = f"s3://{BUCKET}/{PREFIX}/", load: Callable[[Sequence[Path]], Costs] = load_costs) -> CostSource:
        return CostSource(S3Place(uri, s3), tmp_path / "cache", load, clock)

    return make


def total(costs: Costs) -> Decimal:
    (found,) = costs.connection.cursor().execute("SELECT sum(effective) FROM charges").fetchone() or (None,)
    assert isinstance(found, Decimal)
    return found


def refusal(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetObject")


@pytest.mark.parametrize("address", [PREFIX, ROOT], ids=["the prefix", "the export's own folder"])
@pytest.mark.parametrize("may", [MAY, MAY.lower()], ids=["as documented", "in small letters"])
def test_an_export_that_overwrites_is_read_with_all_its_months_and_chunks(
    s3: S3, source: Callable[..., CostSource], address: str, may: str
) -> None:
    s3.deliver(chunk("1"), chunk("2", rows=2), partition=may)
    s3.deliver(chunk("10", "2026-06"), partition="BILLING_PERIOD=2026-06")
    costs = source(f"s3://{BUCKET}/{address}/")()
    assert (total(costs), costs.rows) == (15, 4)


def test_of_an_export_that_creates_new_files_only_the_newest_execution_counts(
    s3: S3, source: Callable[..., CostSource]
) -> None:
    s3.deliver(chunk("1"), execution=OLD)
    s3.deliver(chunk("2"), chunk("3"), execution=NEW)
    assert total(source()()) == 5


def test_an_execution_that_is_not_finished_does_not_count_yet(s3: S3, source: Callable[..., CostSource]) -> None:
    s3.deliver(chunk("1"), execution=OLD)
    s3.begin(chunk("2"), chunk("3"), execution=NEW)
    assert total(source()()) == 1


def test_a_manifest_that_names_absent_files_leaves_the_execution_before(
    s3: S3, source: Callable[..., CostSource]
) -> None:
    s3.deliver(chunk("1"), execution=OLD)
    s3.deliver(chunk("2"), chunk("3"), execution=NEW)
    s3.client.delete_object(Bucket=BUCKET, Key=f"{ROOT}/data/{MAY}/{NEW}/{EXPORT}-00002.csv.gz")
    assert total(source()()) == 1


def test_a_month_whose_first_delivery_is_under_way_is_left_out(s3: S3, source: Callable[..., CostSource]) -> None:
    s3.deliver(chunk("1"))
    s3.begin(chunk("7", "2026-06"), partition="BILLING_PERIOD=2026-06")
    assert total(source()()) == 1


def test_chunks_that_a_smaller_execution_has_emptied_are_not_read(s3: S3, source: Callable[..., CostSource]) -> None:
    s3.deliver(chunk("1"), chunk("2"))
    # AWS "overwrites any extra chunks from the last refresh with empty data", and then writes the manifest.
    s3.begin(chunk("4"), b"")
    s3.deliver(chunk("4"))
    assert total(source()()) == 4
    # Even if it is named.
    s3.deliver(chunk("5"), b"")
    assert total(source()()) == 5


def test_a_manifest_without_a_list_stands_for_the_files_beside_each_other(
    s3: S3, source: Callable[..., CostSource]
) -> None:
    for execution in (OLD, NEW):
        s3.begin(chunk("1"), chunk("2"), execution=execution)
    s3.put(f"{ROOT}/metadata/{MAY}/Manifest.json", b'{"columns": []}')
    assert total(source()()) == 3


def test_parquet_of_aws_columns_is_read(s3: S3, source: Callable[..., CostSource], tmp_path: Path) -> None:
    (tmp_path / "rows.csv.gz").write_bytes(chunk("1.25", rows=3))
    parquet = tmp_path / "rows.parquet"
    rows = duckdb.read_csv(str(tmp_path / "rows.csv.gz"), all_varchar=True)
    rows.project(
        """* REPLACE (ChargePeriodStart::TIMESTAMP_MS AS ChargePeriodStart, EffectiveCost::DOUBLE AS EffectiveCost,
        ChargePeriodEnd::TIMESTAMP_MS AS ChargePeriodEnd, MAP {'team': 'a'} AS Tags)"""
    ).write_parquet(str(parquet), compression="snappy")
    name = s3.put(f"{ROOT}/data/{MAY}/{EXPORT}-00001.snappy.parquet", parquet.read_bytes())
    s3.put(f"{ROOT}/metadata/{MAY}/{EXPORT}-Manifest.json", json.dumps({"dataFiles": [name]}).encode())
    costs = source()()
    assert (total(costs), costs.tag_keys) == (Decimal("3.75"), ("team",))


def test_a_delivery_that_was_copied_elsewhere_is_read_there(s3: S3, source: Callable[..., CostSource]) -> None:
    s3.deliver(chunk("1"))
    for found in s3.client.list_objects_v2(Bucket=BUCKET)["Contents"]:
        copied = found["Key"].replace(ROOT, "copies/of/it")
        s3.client.copy_object(Bucket=BUCKET, Key=copied, CopySource={"Bucket": BUCKET, "Key": found["Key"]})
    assert total(source(f"s3://{BUCKET}/copies/")()) == 1


def test_a_folder_without_a_delivery_is_read_whole(s3: S3, source: Callable[..., CostSource]) -> None:
    s3.put("folder/aws.csv.gz", chunk("1"))
    s3.put("folder/other/azure.csv", gzip.decompress(chunk("2")))
    s3.put("folder/read.me", b"nothing")
    s3.put("folder2/more.csv.gz", chunk("4"))
    assert total(source(f"s3://{BUCKET}/folder/")()) == 3


def test_a_single_file_is_read_and_nothing_is_listed(s3: S3, source: Callable[..., CostSource]) -> None:
    s3.put("export", chunk("1"))
    assert total(source(f"s3://{BUCKET}/export")()) == 1
    assert {name for name, _ in s3.calls} == {"head_object", "get_object"}


def test_a_warm_function_looks_now_and_then_and_downloads_what_has_changed(
    s3: S3, source: Callable[..., CostSource], clock: Clock, tmp_path: Path
) -> None:
    loads = []

    def load(paths: Sequence[Path]) -> Costs:
        loads.append(paths)
        return load_costs(paths)

    costs = source(load=load)
    s3.deliver(chunk("1"))
    s3.deliver(chunk("10", "2026-06"), partition="BILLING_PERIOD=2026-06")
    assert total(costs()) == 11
    assert len(s3.downloads()) == 2

    s3.deliver(chunk("20", "2026-06"), partition="BILLING_PERIOD=2026-06")
    clock.now = 899
    assert total(costs()) == 11
    assert s3.calls == []

    clock.now = 900
    assert total(costs()) == 21
    assert s3.downloads() == [f"BILLING_PERIOD=2026-06/{EXPORT}-00001.csv.gz"]
    # What is not of the newest delivery is gone, what has not changed is still there.
    assert len(list((tmp_path / "cache").rglob("*.csv.gz"))) == 2

    clock.now = 1800
    assert total(costs()) == 21
    assert s3.downloads() == []
    assert len(loads) == 2


def test_a_function_that_starts_anew_beside_its_files_downloads_nothing(
    s3: S3, source: Callable[..., CostSource]
) -> None:
    s3.deliver(chunk("1"))
    assert total(source()()) == 1
    s3.downloads()
    assert total(source()()) == 1
    assert s3.downloads() == []


@pytest.mark.parametrize(
    "failure",
    [
        refusal("SlowDown"),
        refusal("503"),
        refusal("PreconditionFailed"),
        ReadTimeoutError(endpoint_url="s3"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ],
    ids=["busy", "unavailable", "changed meanwhile", "no reply", "cut off"],
)
def test_what_passes_leaves_the_costs_that_were_read_before_and_is_tried_again_soon(
    s3: S3, source: Callable[..., CostSource], clock: Clock, capsys: pytest.CaptureFixture[str], failure: Exception
) -> None:
    s3.failures = [failure]
    with pytest.raises(CostDataError, match="Ask again in"):
        source()()
    s3.deliver(chunk("1"))
    costs = source()
    assert total(costs()) == 1
    s3.deliver(chunk("2"))
    clock.now, s3.failures = 900, [failure]
    assert total(costs()) == 1
    assert "kept" in capsys.readouterr().out
    clock.now = 959
    assert total(costs()) == 1
    clock.now = 960
    assert total(costs()) == 2


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (refusal("AccessDenied"), "it takes s3:ListBucket and s3:GetObject, in the role and in the bucket's policy"),
        (refusal("403"), "it takes s3:ListBucket and s3:GetObject"),
        (refusal("AccessDenied", "not authorized to perform: kms:Decrypt on"), "it takes kms:Decrypt on it"),
        (refusal("KMS.DisabledException"), "kms:Decrypt"),
        (refusal("NoSuchBucket"), f"There is no bucket {BUCKET}."),
        (refusal("ExpiredToken"), "have expired or are wrong"),
        (refusal("InvalidObjectState"), "InvalidObjectState"),
    ],
)
def test_what_does_not_pass_is_a_sentence_and_no_answer_from_before(
    s3: S3, source: Callable[..., CostSource], clock: Clock, failure: Exception, sentence: str
) -> None:
    s3.deliver(chunk("1"))
    costs = source()
    costs()
    clock.now, s3.failures = 900, [failure]
    with pytest.raises(CostDataError) as refused:
        costs()
    assert sentence in str(refused.value)
    assert total(costs()) == 1


def test_half_a_download_is_not_kept(s3: S3, source: Callable[..., CostSource], tmp_path: Path) -> None:
    s3.deliver(chunk("1"))

    class Cut(S3):
        def __init__(self) -> None:
            self.client, self.calls, self.failures = s3.client, [], []

        def get_object(self, **asked: Any) -> Any:
            found = super().get_object(**asked)
            return found | {"Body": io.BytesIO(found["Body"].read()[:-9])} if "/data/" in asked["Key"] else found

    with pytest.raises(CostDataError, match="Only a part"):
        CostSource(S3Place(f"s3://{BUCKET}/{PREFIX}/", Cut()), tmp_path / "cache")()
    assert total(source()()) == 1


def test_an_export_that_has_no_room_is_not_downloaded(s3: S3, source: Callable[..., CostSource]) -> None:
    class Huge(S3Place):
        def newest(self) -> list[StoredFile]:
            return [StoredFile("k/x.csv", 10**18, '"1"')]

    with pytest.raises(CostDataError, match="give the function more ephemeral storage"):
        CostSource(Huge(f"s3://{BUCKET}/k/", s3), source()._folder)()
    assert s3.calls == []


@pytest.mark.parametrize(
    ("delivered", "sentence"),
    [
        ([], "There is nothing in s3://my-exports/billing/focus/: the address is wrong, or nothing is delivered yet."),
        (["note.txt"], "There is no cost export in this folder"),
        ([f"{EXPORT}/data/{MAY}/x-00001.csv.gz"], "has no manifest yet"),
        (
            [f"{one}/metadata/{MAY}/{one}-Manifest.json" for one in ("cur2", "focus")],
            "There are 2 exports in this folder (cur2, focus): name the folder of one of them.",
        ),
        ([f"{EXPORT}/metadata/{MAY}/{EXPORT}-Manifest.json"], "The manifest of 2026-05 is no JSON."),
    ],
)
def test_a_folder_that_is_no_delivery_says_what_is_missing(
    s3: S3, source: Callable[..., CostSource], delivered: list[str], sentence: str
) -> None:
    for key in delivered:
        s3.put(f"{PREFIX}/{key}", b"text")
    with pytest.raises(CostDataError) as refused:
        source()()
    assert sentence in str(refused.value)


def test_an_export_without_a_charge_says_so(s3: S3, source: Callable[..., CostSource]) -> None:
    s3.deliver()
    with pytest.raises(CostDataError, match="there is no charge in it yet"):
        source()()


def test_data_that_are_being_overwritten_are_waited_for_but_not_those_that_were_copied_long_ago() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    name = f"data/{MAY}/x-00001.csv.gz"

    def read(age: timedelta) -> list[StoredFile]:
        files = [
            StoredFile(name, 9, "2", now - age),
            StoredFile(f"metadata/{MAY}/x-Manifest.json", 9, "1", now - age - timedelta(minutes=5)),
        ]
        return newest_files(files, lambda _: json.dumps({"dataFiles": [f"s3://b/p/x/{name}"]}).encode(), now=now)

    with pytest.raises(UnfinishedError, match=r"AWS is delivering 2026-05 .* Ask again"):
        read(timedelta(minutes=1))
    assert [file.key for file in read(timedelta(hours=2))] == [name]


def test_files_that_a_manifest_names_outside_its_month_are_absent() -> None:
    names = ["../../secret.csv", f"s3://b/x/data/{MAY}/../other.csv", "s3://b/x/data/BILLING_PERIOD=2026-04/x.csv", 7]
    files = [StoredFile(key, 9) for key in ("x/metadata/m/Manifest.json", "x/data/billing_period=2026-04/x.csv")]
    files[0] = StoredFile(f"x/metadata/{MAY}/Manifest.json", 9)
    for name in names:
        with pytest.raises(UnfinishedError):
            newest_files(files, lambda _, name=name: json.dumps({"dataFiles": [name]}).encode())  # type: ignore[misc]


@pytest.mark.parametrize("uri", ["costs.csv", "s3://", "s3://bucket", "s3://bucket/", "https://bucket/key"])
def test_an_address_that_is_none_fails_when_the_function_starts(uri: str) -> None:
    with pytest.raises(ValueError, match="must read s3://bucket/key"):
        S3Place(uri)


def test_a_folder_of_this_machine_in_aws_s_layout_is_its_newest_execution(tmp_path: Path) -> None:
    for execution, content in ((OLD, chunk("1")), (NEW, chunk("2"))):
        data = tmp_path / EXPORT / "data" / MAY / execution / f"{EXPORT}-00001.csv.gz"
        data.parent.mkdir(parents=True)
        data.write_bytes(content)
    manifest = tmp_path / EXPORT / "metadata" / MAY / f"{EXPORT}-Manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"dataFiles": [f"s3://b/p/{data.relative_to(tmp_path)}"]}))
    assert local_files([tmp_path]) == [data]
    (tmp_path / "more.csv").touch()
    assert local_files([tmp_path / "more.csv", tmp_path / EXPORT]) == [tmp_path / "more.csv", data]


def test_a_path_that_is_not_there_or_a_folder_without_an_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        local_files([tmp_path / "absent"])
    with pytest.raises(CostDataError, match=f"{tmp_path}: There is no cost export in this folder"):
        local_files([tmp_path])


@pytest.mark.parametrize("folder", ["data", f"data/{MAY}", f"data/{MAY.lower()}", f"data/{MAY}/{OLD}"])
def test_a_part_of_a_delivery_is_not_taken_for_a_folder_of_exports(
    s3: S3, source: Callable[..., CostSource], tmp_path: Path, folder: str
) -> None:
    """All its executions would count, one beside the other."""
    month = folder.split("/")[1] if "/" in folder else MAY
    s3.deliver(chunk("1"), partition=month, execution=OLD)
    data = tmp_path / EXPORT / "data" / month / OLD / "x.csv"
    data.parent.mkdir(parents=True)
    data.touch()
    with pytest.raises(CostDataError, match="This is a part of an export"):
        source(f"s3://{BUCKET}/{ROOT}/{folder}/")()
    with pytest.raises(CostDataError, match="This is a part of an export"):
        local_files([tmp_path / EXPORT / folder])
    assert local_files([data]) == [data]


EXECUTIONS = st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=4)


@given(st.dictionaries(st.integers(1, 12), EXECUTIONS, min_size=1, max_size=4), st.randoms(), st.booleans())
def test_whatever_was_delivered_each_month_s_newest_finished_execution_is_read(
    months: dict[int, list[tuple[int, bool]]], order: Any, has_lists: bool
) -> None:
    """An execution is so many chunks and whether it is finished; what is not has no manifest yet."""
    files, manifests, expected = [], {}, []
    for month, executions in months.items():
        partition, newest = f"BILLING_PERIOD=2026-{month:02}", None
        for number, (chunks, is_finished) in enumerate(executions):
            execution = f"202606{number + 1:02}T050000Z-{number}"
            names = [f"x/data/{partition}/{execution}/x-{chunk:05}.csv.gz" for chunk in range(1, chunks + 1)]
            files += [StoredFile(name, 9) for name in names]
            if is_finished:
                newest = names
                manifest = {"dataFiles": [f"s3://b/p/{name}" for name in names]} if has_lists else {}
                for where in (partition, f"{partition}/{execution}"):
                    manifests[f"x/metadata/{where}/x-Manifest.json"] = json.dumps(manifest).encode()
        expected += newest or []
    files += [StoredFile(key, 9) for key in manifests]
    order.shuffle(files)
    if manifests:
        assert sorted(file.key for file in newest_files(files, lambda file: manifests[file.key])) == sorted(expected)
    else:
        with pytest.raises(CostDataError, match="no manifest yet"):
            newest_files(files, lambda file: manifests[file.key])


@given(st.binary() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps)
    | st.lists(st.text()).map(lambda names: json.dumps({"dataFiles": names})))  # fmt: skip
def test_a_manifest_may_say_anything_and_a_sentence_or_listed_files_come_of_it(content: bytes | str) -> None:
    files = [StoredFile(f"x/{key}", 9) for key in (f"data/{MAY}/x.csv", f"metadata/{MAY}/Manifest.json")]
    try:
        found = newest_files(files, lambda _: content if isinstance(content, bytes) else content.encode())
    except CostDataError as error:
        assert str(error).endswith(".")
    else:
        assert found == files[:1]
