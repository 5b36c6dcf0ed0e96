"""The sample agents answer from an export that AWS Data Exports delivers, and can read nothing else of its bucket."""

import csv
import gzip
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local_cloud.running_cloud import ROOT, LocalCloud, until

PROJECT, BUCKET = "exported", "exported-packages"
AGENTS = {"--cost-forecast-function": f"{PROJECT}-cost", "--trusted-advisor-function": f"{PROJECT}-advisor"}
ROW = {
    "BilledCost": "5", "EffectiveCost": "5", "ListCost": "5", "ContractedCost": "5", "BillingCurrency": "EUR",
    "ChargePeriodStart": "2026-05-03T00:00:00Z", "ChargePeriodEnd": "2026-05-04T00:00:00Z",
    "BillingPeriodStart": "2026-05-01T00:00:00Z", "BillingPeriodEnd": "2026-06-01T00:00:00Z",
    "ChargeCategory": "Usage", "ProviderName": "AWS", "ServiceName": "Amazon Simple Storage Service",
    "ServiceCategory": "Storage", "RegionId": "eu-west-1", "RegionName": "Ireland", "SubAccountId": "1",
    "SubAccountName": "one", "BillingAccountId": "1", "ResourceId": "bucket", "ResourceName": "",
    "PricingCategory": "Standard", "CommitmentDiscountStatus": "", "CommitmentDiscountId": "", "Tags": "",
    "CommitmentDiscountType": "", "ChargeDescription": "Storage", "ConsumedQuantity": "1", "ConsumedUnit": "GB",
}  # fmt: skip


def chunk(resource: str) -> bytes:
    """A file of one row, of a resource of its own: a copy of a file would be refused."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ROW)
    writer.writeheader()
    writer.writerow(ROW | {"ResourceId": resource})
    return gzip.compress(text.getvalue().encode())


@pytest.fixture(scope="module")
def export(local_cloud: LocalCloud) -> str:
    """A bucket with an export of two executions, and a file beside it; gives the export's address."""
    s3 = local_cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    partition = "BILLING_PERIOD=2026-05"
    for execution, chunks in (("20260601T050000-0a", 1), ("20260602T050000-9f", 3)):
        names = [f"{partition}/{execution}/daily-0000{number}.csv.gz" for number in range(1, chunks + 1)]
        for name in names:
            s3.put_object(Bucket=BUCKET, Key=f"billing/daily/data/{name}", Body=chunk(resource=name))
        files = [f"s3://{BUCKET}/billing/daily/data/{name}" for name in names]
        for where in (partition, f"{partition}/{execution}"):
            manifest = f"billing/daily/metadata/{where}/daily-Manifest.json"
            s3.put_object(Bucket=BUCKET, Key=manifest, Body=json.dumps({"dataFiles": files}).encode())
    s3.put_object(Bucket=BUCKET, Key="private/costs.csv.gz", Body=chunk(resource="private"))
    return f"s3://{BUCKET}/billing"


@pytest.fixture(scope="module")
def deployed(local_cloud: LocalCloud, export: str, packages: Path) -> LocalCloud:
    names = [word for option in AGENTS.items() for word in option]
    command = [
        ROOT / "deploy.sh", "--stack-name", PROJECT, "--project-name", PROJECT, "--bucket", BUCKET, *names,
        "--packages-dir", packages, "--with-sample-agents", "--focus-export", export, "--fiscal-year-start", "April",
        "--no-verify",
    ]  # fmt: skip
    ran = subprocess.run(command, env=local_cloud.environment, capture_output=True, text=True, check=False, timeout=180)
    assert ran.returncode == 0, ran.stderr
    assert f"Cost export {export}" in ran.stderr
    return local_cloud


def asked(cloud: LocalCloud, agent: str, query: str) -> tuple[int, str]:
    """The status and the answer, or what is said in its place."""
    event = json.dumps({"query": query, "jobId": "1"}).encode()
    given: dict[str, Any] = json.load(cloud.client("lambda").invoke(FunctionName=agent, Payload=event)["Payload"])
    body = json.loads(given["body"])
    return given["statusCode"], body.get("response") or body["error"]


def test_both_agents_answer_from_the_newest_execution(deployed: LocalCloud) -> None:
    status, answer = asked(deployed, AGENTS["--cost-forecast-function"], "What did S3 cost in May 2026?")
    assert (status, "15.00 EUR" in answer) == (200, True), answer
    status, answer = asked(deployed, AGENTS["--trusted-advisor-function"], "Where can we save?")
    assert status == 200, answer


def test_the_deployment_says_when_fiscal_years_begin(deployed: LocalCloud) -> None:
    settings = deployed.client("lambda").get_function_configuration(FunctionName=AGENTS["--cost-forecast-function"])
    assert settings["Environment"]["Variables"]["FISCAL_YEAR_START_MONTH"] == "4"


@pytest.mark.parametrize("elsewhere", ["private/", "private/costs.csv.gz", "billing-other/"])
def test_nothing_else_of_the_bucket_can_be_read(deployed: LocalCloud, export: str, elsewhere: str) -> None:
    function, client = AGENTS["--trusted-advisor-function"], deployed.client("lambda")
    wrong = {"COSTS_S3_URI": f"s3://{BUCKET}/{elsewhere}"}
    client.update_function_configuration(FunctionName=function, Environment={"Variables": wrong})
    until(lambda: client.get_function_configuration(FunctionName=function)["LastUpdateStatus"] == "Successful")
    status, answer = asked(deployed, function, "Where can we save?")
    assert status == 500
    assert f"S3 refuses s3://{BUCKET}/{elsewhere}: it takes" in answer
