"""ops/write_frontend_config.sh and ops/deploy_frontend.sh as operators run them, with a real npm build.

CloudFormation, S3 and STS are the local cloud's. Amplify, which it has not, is a stand-in that holds to botocore's
model of the service. The stack is a small one with the outputs and parameters of the real one, which is deployed and
compared with these names elsewhere (tests/unit/finops_operations).
"""

import io
import json
import re
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.running_cloud import ROOT, LocalCloud, until
from local_cloud.stand_in_amplify import StandInAmplify
from unit.finops_operations.amplify_answers import APP

STACK, BUCKET = "frontend-scripts", "frontend-scripts-packages"
ENDPOINT = "wss://abc.execute-api.us-east-1.amazonaws.com/prod"
TEMPLATE = {
    "Parameters": {"LambdaS3Bucket": {"Type": "String"}, "AllowedOrigins": {"Type": "String", "Default": "*"}},
    "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    "Outputs": {
        "WebSocketApiEndpoint": {"Value": ENDPOINT},
        "UserPoolId": {"Value": "us-east-1_abcDEF123"},
        "UserPoolClientId": {"Value": "1a2b3c"},
    },
}
URL = f"https://staging.{APP}.amplifyapp.com\n"

# What a bundler does, in three lines.
BUILD = """\
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
mkdirSync('build/static', { recursive: true });
writeFileSync('build/static/main.js', readFileSync('src/config.js'));
writeFileSync('build/index.html', '<script type="module" src="static/main.js"></script>');
console.log('built by npm');
"""


class Operator:
    """Somebody at a terminal, with a frontend of their own."""

    def __init__(self, cloud: LocalCloud, amplify: StandInAmplify, frontend: Path) -> None:
        self.frontend = frontend
        self.amplify = amplify
        self._environment = {
            **cloud.environment,
            "AWS_ENDPOINT_URL_AMPLIFY": amplify.address,
            "AMPLIFY_APP_ID": APP,
            "STACK_NAME": STACK,
        }
        self._s3 = cloud.client("s3")
        (frontend / "src").mkdir(parents=True)
        (frontend / "package.json").write_text('{"scripts": {"build": "node build.mjs"}}')
        (frontend / "build.mjs").write_text(BUILD)

    def start(self, script: str, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [ROOT / "ops" / script, "--frontend", self.frontend, *options],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *options: str) -> tuple[int, str, str]:
        """Runs a script to its end: its status, stdout and stderr."""
        with self.start(script, *options) as process:
            output, error = process.communicate(timeout=120)
        return process.returncode, output, error

    def deploy(self, *options: str) -> tuple[int, str, str]:
        return self.run("deploy_frontend.sh", *options)

    def deploy_well(self, *options: str) -> str:
        """Deploys, and returns the address of the zip."""
        status, output, error = self.deploy(*options)
        assert (status, output) == (0, URL), error
        return self.amplify.deployments[-1][0]

    def stored(self, address: str) -> bytes:
        bucket, _, key = address.removeprefix("s3://").partition("/")
        content: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def record(self, address: str) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(self.stored(address.replace("finops-ui.zip", "release.json")))
        return record

    def keys(self) -> list[str]:
        return [item["Key"] for item in self._s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def clear(self) -> None:
        for key in self.keys():
            self._s3.delete_object(Bucket=BUCKET, Key=key)


@pytest.fixture(scope="module")
def frontend_stack(local_cloud: LocalCloud) -> None:
    local_cloud.client("s3").create_bucket(Bucket=BUCKET)
    cloudformation = local_cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(TEMPLATE),
        Parameters=[{"ParameterKey": "LambdaS3Bucket", "ParameterValue": BUCKET}],
    )
    until(lambda: cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")


@pytest.fixture
def operator(frontend_stack: None, local_cloud: LocalCloud, tmp_path: Path) -> Iterator[Operator]:
    with StandInAmplify() as amplify:
        operator = Operator(local_cloud, amplify, tmp_path / "finops-ui")
        yield operator
        operator.clear()
    assert amplify.faults == []


@pytest.fixture
def configured(operator: Operator) -> Operator:
    status, _, error = operator.run("write_frontend_config.sh")
    assert status == 0, error
    return operator


def test_config_comes_from_the_stack_and_stays(operator: Operator) -> None:
    path = operator.frontend / "src" / "config.js"

    first = operator.run("write_frontend_config.sh", "--identity-pool-id", "us-east-1:dd3fed4d-d712")
    text = path.read_text()
    second = operator.run("write_frontend_config.sh")

    assert first[:2] == (0, f"{path}: written\n"), first[2]
    assert "userPoolId: 'us-east-1_abcDEF123'" in text
    assert f"  api.websocketEndpoint: none -> '{ENDPOINT}'\n" in first[2]
    assert second == (0, f"{path}: unchanged\n", "")
    assert path.read_text() == text


def test_frontend_is_built_released_and_deployed(configured: Operator) -> None:
    status, output, error = configured.deploy()

    assert (status, output) == (0, URL), error
    assert "built by npm" in error
    assert "DEPLOY: SUCCEED" in error
    [(address, _)] = configured.amplify.deployments
    assert re.fullmatch(
        rf"s3://{BUCKET}/{STACK}/frontend/{APP}/staging/[0-9]{{8}}T[0-9]{{6}}Z-nogit/finops-ui\.zip", address
    )
    with zipfile.ZipFile(io.BytesIO(configured.stored(address))) as package:
        assert package.namelist() == ["index.html", "static/main.js"]
    record = configured.record(address)
    assert (record["status"], record["job"], record["endpoint"]) == ("deployed", "1", ENDPOINT)
    assert configured.stored(f"s3://{BUCKET}/finops-ui-websocket-deployed.zip") == configured.stored(address)


def test_previous_release_comes_back_and_the_list_says_so(configured: Operator) -> None:
    first = configured.deploy_well()
    page = configured.frontend / "build.mjs"
    page.write_text(page.read_text().replace("</script>", "</script><p>second</p>"))
    second = configured.deploy_well()

    assert configured.deploy_well("--to", "previous") == first

    assert configured.stored(first) != configured.stored(second)
    status, output, error = configured.deploy("--list")
    assert status == 0, error
    _, newer, older = output.splitlines()[:3]
    assert newer.startswith("   " + second.split("/")[-2])
    assert older.startswith("*  " + first.split("/")[-2])
    assert max(map(len, output.splitlines())) <= 100
    assert error == f"  * is served now at {URL}"


def test_failed_deployment_says_why_and_how_to_go_back(configured: Operator) -> None:
    configured.amplify.outcome = "FAILED"

    status, output, error = configured.deploy()

    assert (status, output) == (1, "")
    assert "Step DEPLOY is FAILED: The zip cannot be read." in error
    assert f"ops/deploy_frontend.sh --app-id {APP} --branch staging --to previous" in error
    assert configured.record(configured.amplify.deployments[0][0])["status"] == "failed"


def test_ctrl_c_ends_the_waiting_only(configured: Operator) -> None:
    configured.amplify.outcome = "RUNNING"
    with configured.start("deploy_frontend.sh") as process:
        until(lambda: "GetJob" in configured.amplify.calls)
        process.send_signal(signal.SIGINT)
        output, error = process.communicate(timeout=30)

    assert (process.returncode, output) == (130, "")
    assert "Deployment 1 goes on without you." in error
    assert "Traceback" not in error

    status, _, error = configured.deploy()
    assert status == 1
    assert "Deployment 1 of branch staging is RUNNING, and Amplify takes one at a time." in error
    assert "StopJob" not in configured.amplify.calls


def refused(operator: Operator, *options: str) -> str:
    """What the command says when it deploys nothing."""
    status, output, error = operator.deploy(*options)
    assert (status, output) == (1, ""), error
    assert operator.amplify.deployments == []
    assert operator.keys() == []
    return error


def test_config_of_another_stack_is_not_deployed(configured: Operator) -> None:
    path = configured.frontend / "src" / "config.js"
    path.write_text(path.read_text().replace("abc", "old"))

    error = refused(configured)
    assert "config.js leads to wss://old.execute-api" in error
    assert "built by npm" not in error

    configured.deploy_well("--force")


def test_build_older_than_its_config_is_not_deployed(configured: Operator) -> None:
    (configured.frontend / "build").mkdir()
    (configured.frontend / "build" / "index.html").write_text("old")

    assert "the build is older than config.js" in refused(configured, "--skip-build")


def test_missing_config_app_and_branch_are_named(operator: Operator) -> None:
    assert "Write it: ops/write_frontend_config.sh" in refused(operator)
    assert "Amplify app d1 cannot be read in us-east-1" in refused(operator, "--app-id", "d1")
    assert "Branch prod of app" in refused(operator, "--branch", "prod")
    assert "The bucket no-such-bucket cannot be used" in refused(operator, "--bucket", "no-such-bucket")
    assert "no earlier release" in refused(operator, "--to", "previous")
    assert "There is no release 20261123T201500Z-f8c6228" in refused(operator, "--to", "20261123T201500Z-f8c6228")
