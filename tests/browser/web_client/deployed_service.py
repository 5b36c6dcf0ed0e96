"""The stack as the guide deploys it, on the local cloud, with the sample agents and users who sign in."""

import subprocess
from pathlib import Path
from typing import Any

from browser.web_client.built_page import Config
from local_cloud.running_cloud import ROOT, LocalCloud

PROJECT = "web-client"
BUCKET = "web-client-packages"
# The guide's.
USER, PASSWORD = "testuser", "SecurePassword123!"


class DeployedService:
    """The deployed stack."""

    def __init__(self, cloud: LocalCloud, packages: Path, directory: Path) -> None:
        self.cloud = cloud
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        deployed = subprocess.run(
            [
                ROOT / "deploy.sh",
                "--stack-name", PROJECT,
                "--project-name", PROJECT,
                "--bucket", BUCKET,
                "--packages-dir", packages,
                "--with-sample-agents",
                "--no-verify",
            ],
            env=cloud.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )  # fmt: skip
        (directory / "deploy.log").write_text(deployed.stdout + deployed.stderr, encoding="utf-8")
        assert deployed.returncode == 0, deployed.stderr
        cloud.quiet_alarms(PROJECT)
        self.outputs: dict[str, str] = {
            output["OutputKey"]: output["OutputValue"]
            for output in cloud.client("cloudformation").describe_stacks(StackName=PROJECT)["Stacks"][0]["Outputs"]
        }
        self.add_user(USER, Permanent=True)

    def config(self) -> Config:
        """What a person types into config.js."""
        return Config(
            self.outputs["WebSocketApiEndpoint"], self.outputs["UserPoolId"], self.outputs["UserPoolClientId"]
        )

    def add_user(self, name: str, password: str = PASSWORD, **options: bool) -> None:
        """Make a user; without `Permanent` the password must be changed at the first sign-in."""
        cognito = self.cloud.client("cognito-idp")
        pool = self.outputs["UserPoolId"]
        cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, **options)

    def jobs(self, query: str) -> list[dict[str, Any]]:
        """The jobs that are stored of a question."""
        pages = self.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=self.outputs["JobsTableName"])
        items = [item for page in pages for item in page["Items"]]
        return [item for item in items if item.get("query", {}).get("S") == query]
