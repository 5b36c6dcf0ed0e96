"""The functions' packages: what they are called, where they lie in the bucket, and what the functions run of them."""

import argparse
import base64
import hashlib
import re
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.deployment.aws import Aws
from finops_operations.errors import fails_with, reason_of
from finops_operations.operator_messages import say, warn
from finops_operations.stack import Stack

# By the first part of the parameter that names each one's key: the last part of its function's name, and of its file's.
PACKAGES = {
    "ConnectionManager": "connection-manager",
    "MessageHandler": "message-handler",
    "BackgroundProcessor": "background-processor",
}
SAMPLE_AGENTS_KEY = "SampleAgentsKey"


def package_files(options: argparse.Namespace) -> dict[str, Path]:
    """Return where the build puts each package that is asked for, by the parameter that names its key."""
    files = {f"{package}Key": options.packages_dir / f"websocket-{name}.zip" for package, name in PACKAGES.items()}
    return files | (
        {SAMPLE_AGENTS_KEY: options.packages_dir / "sample-agents.zip"} if options.with_sample_agents else {}
    )


def package_key(prefix: str, name: str, content: bytes) -> str:
    """Return a package's key by its content: new code has a new key, which CloudFormation sees as a change."""
    return f"{prefix}/{hashlib.sha256(content).hexdigest()}/{name}"


def hash_in_key(key: str) -> str:
    """Return the SHA-256 that a key says its package has; empty if it says none."""
    found = re.search(r"/([0-9a-f]{64})/", key)
    return found[1] if found else ""


def upload_package(aws: Aws, bucket: str, package: Path, key: str) -> None:
    """Put a package into the bucket under its content's key, and under its plain name as the guide does."""
    say(f"Uploading {package.name}, also as {key}")
    sent = {key: package, package.name: package}
    # What is in the package goes with it, where the build has written that down.
    materials = package.with_suffix(".cdx.json")
    if materials.exists():
        sent[key.replace(package.name, materials.name)] = materials
    with fails_with(f"Cannot upload to s3://{bucket}:"):
        for where, what in sent.items():
            aws.s3.put_object(Bucket=bucket, Key=where, Body=what.read_bytes())


def function_name(stack: Stack, package: str) -> str:
    """Return the name of the function that runs a package."""
    return f"{stack.project}-{PACKAGES[package]}"


def deployed_hash(aws: Aws, stack: Stack, package: str) -> str:
    """Return the SHA-256 in hexadecimal of what a function runs; empty if Lambda does not tell."""
    try:
        function = aws.lambda_.get_function_configuration(FunctionName=function_name(stack, package))
    except (ClientError, BotoCoreError):
        return ""
    return base64.b64decode(function["CodeSha256"]).hex()


def publish_version(aws: Aws, stack: Stack, package: str, release: str) -> str:
    """Publish a function's code and settings as a version that carries a release's id, and return its number.

    Lambda gives the last version again if nothing has changed since, with the release that it was published for.
    https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
    """
    name = function_name(stack, package)
    try:
        return aws.lambda_.publish_version(FunctionName=name, Description=f"release {release}")["Version"]
    except (ClientError, BotoCoreError) as error:
        warn(f"No version of {name} could be published: {reason_of(error)}")
        return ""


def restore_function_code(aws: Aws, stack: Stack) -> None:
    """Give functions the code that their stack names, where somebody has given them other code by hand."""
    for package in PACKAGES:
        key = stack.parameters.get(f"{package}Key", "")
        name = function_name(stack, package)
        if hash_in_key(key) in ("", deployed_hash(aws, stack, package)):
            continue
        say(f"Function {name} runs other code than its stack names; updating it")
        with fails_with(f"Function {name} cannot be updated:"):
            aws.lambda_.update_function_code(FunctionName=name, S3Bucket=stack.parameters["LambdaS3Bucket"], S3Key=key)
            aws.lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
