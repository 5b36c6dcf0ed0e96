"""What can be known to fail before anything is changed: an OperationFailed that says what to do."""

import os
import re
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.deployment.aws import Aws
from finops_operations.deployment.packages import SAMPLE_AGENTS_KEY, package_files, package_key
from finops_operations.deployment.state import DEFAULT_BUCKET, Deployment
from finops_operations.errors import OperationFailed, code_of, reason_of
from finops_operations.operator_messages import say, warn
from finops_operations.stack import REMAINS, SETTLED, Stack, monitoring_name, stuck, way_out

ROOT = Path(__file__).resolve().parents[3]
SAMPLE_AGENTS_TEMPLATE = ROOT / "cloudformation" / "sample-agents.yaml"

# What one job takes of the account's concurrency: the processor, and two agents.
_FUNCTIONS_A_JOB = 3
# What jobs must leave to those who connect, and to those who ask: one at a time of each function that serves frames.
_FUNCTIONS_FOR_FRAMES = 2
# The least MaximumConcurrency that AWS accepts.
_LEAST_JOBS = 2


def check_everything(deployment: Deployment) -> None:
    """Make sure of everything that can be known before anything changes."""
    aws, options = deployment.aws, deployment.options
    name, given = options.stack_name, options.given
    deployment.stack = aws.stack(name)
    others = [f"{name}-sample-agents"] if options.with_sample_agents else []
    for stack in (aws.stack(monitoring_name(name)), deployment.stack, *map(aws.stack, others)):
        check_stack_status(stack, aws.region, dry_run=options.dry_run)
    project = deployment.stack.parameters.get("ProjectName")
    if project and deployment.value("ProjectName") != project:
        raise OperationFailed(
            f"Stack {name} has ProjectName {project}, and another would replace its tables with the jobs in them. Leave"
            " --project-name (PROJECT_NAME) out, or deploy another stack beside it with --stack-name."
        )
    check_packages(deployment)
    bucket = given["LambdaS3Bucket"] = deployment.value("LambdaS3Bucket")
    former = deployment.stack.parameters.get("LambdaS3Bucket", bucket)
    if former != bucket:
        warn(f"The releases so far are in bucket {former}: ops/rollback.sh cannot return to them.")
    check_bucket(aws, bucket, must_be_own=bucket == DEFAULT_BUCKET)
    if options.with_sample_agents:
        check_sample_agents(deployment)
    else:
        check_agent(aws, deployment.value("CostForecastFunctionName"))
        check_agent(aws, deployment.value("TrustedAdvisorFunctionName"))
    # The local cloud has ten jobs whatever is said, and its limit is its machine's.
    if not os.environ.get("AWS_ENDPOINT_URL"):
        check_concurrency(aws, deployment.value("MaximumConcurrency"))
    # Two numbers are compared as no rule of a template can; and a template takes fractions, which functions refuse.
    lease, heartbeat = deployment.value("LeaseSeconds"), deployment.value("HeartbeatSeconds")
    if not (lease.isdecimal() and heartbeat.isdecimal()):
        raise OperationFailed(f"LeaseSeconds ({lease}) and HeartbeatSeconds ({heartbeat}) must be whole numbers.")
    if int(lease) <= int(heartbeat):
        raise OperationFailed(
            f"LeaseSeconds ({lease}) must be greater than HeartbeatSeconds ({heartbeat}): a heartbeat renews the lease."
        )
    if deployment.value("AuthMode") == "open":
        warn("AuthMode=open: anybody who knows the endpoint may ask in anybody's name.")


def check_packages(deployment: Deployment) -> None:
    """Make sure that the packages are there and fit the functions, and give the template their keys."""
    options = deployment.options
    for parameter, path in package_files(options).items():
        option, suffix = (" --with-sample-agents", "-sample-agents") if parameter == SAMPLE_AGENTS_KEY else ("", "")
        check_file(path, f"Build it: ./build_packages.sh{option}")
        options.given[parameter] = package_key(f"{options.stack_name}{suffix}", path.name, path.read_bytes())
    target = options.packages_dir / "target"
    # The local cloud runs whatever this machine can load. Elsewhere such packages would be deployed without complaint,
    # and not load.
    if target.exists() and not os.environ.get("AWS_ENDPOINT_URL"):
        built = target.read_text(encoding="utf-8").strip()
        wanted = f"{deployment.value('LambdaRuntime')}-{deployment.value('LambdaArchitecture')}"
        if built != wanted:
            raise OperationFailed(
                f"The packages are for {built}, the functions run on {wanted}."
                f" Build them again: ./build_packages.sh --target {wanted}"
            )


def check_file(path: Path, remedy: str) -> None:
    """Make sure that a file is there."""
    if not path.is_file():
        shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        raise OperationFailed(f"{shown} is missing. {remedy}")


def check_stack_status(stack: Stack, region: str, *, dry_run: bool) -> None:
    """Make sure that a stack can be deployed to."""
    name, status = stack.name, stack.status
    if stack.is_absent:
        say(f"Stack {name} is new")
    elif status in SETTLED:
        say(f"Stack {name} ({status})")
    elif stack.is_changing:
        raise OperationFailed(f"Stack {name} is busy ({status}). Wait until it is done, then run this again.")
    elif status != REMAINS:
        raise stuck(name, status, region)
    elif dry_run:
        # A deployment removes it, and a dry run removes nothing.
        raise OperationFailed(
            f"Stack {name} is what is left of a failed first deployment ({status}) and cannot be changed."
            f" Delete it: {way_out(name, status, region)}"
        )


def check_bucket(aws: Aws, bucket: str, *, must_be_own: bool) -> None:
    """Make sure that a bucket can be used, and by Lambda in the stack's region too.

    A bucket whose name everybody knows `must_be_own`: it may be somebody else's, who would then hand us the code that
    we deploy.
    """
    owner: dict[str, str] = {"ExpectedBucketOwner": aws.account} if must_be_own else {}
    try:
        region = aws.s3.head_bucket(Bucket=bucket, **owner).get("BucketRegion", aws.region)
    except (ClientError, BotoCoreError) as error:
        # HeadBucket answers without a body: the status code is all there is.
        if code_of(error) == "404":
            raise OperationFailed(
                f"Bucket {bucket} does not exist. Make it (aws s3 mb s3://{bucket} --region {aws.region}),"
                " or name yours with --bucket."
            ) from error
        if code_of(error) == "403":
            raise OperationFailed(
                f"No access to bucket {bucket}. It may belong to somebody else: name yours with --bucket."
            ) from error
        raise OperationFailed(f"Cannot use bucket {bucket}: {reason_of(error)}") from error
    if region != aws.region:
        raise OperationFailed(
            f"Bucket {bucket} is in {region}, and Lambda takes packages only from its own region, {aws.region}."
            f" Name another bucket with --bucket, or deploy with --region {region}."
        )
    say(f"Bucket {bucket}")


def check_agent(aws: Aws, function: str) -> None:
    """Warn if an agent is absent. That is no obstacle: until it is deployed its part of each answer fails."""
    try:
        aws.lambda_.get_function_configuration(FunctionName=function)
        say(f"Agent {function}")
    except (ClientError, BotoCoreError) as error:
        if code_of(error) == "ResourceNotFoundException":
            warn(
                f"Agent {function} does not exist: questions will go without it."
                " Deploy it, name another, or use --with-sample-agents."
            )
        else:
            warn(f"Cannot see whether agent {function} exists: {reason_of(error)}")


def check_sample_agents(deployment: Deployment) -> None:
    """Make sure that the sample agents can run on the functions' runtime, and have the export that they are to read."""
    runtime = deployment.value("LambdaRuntime")
    if runtime == "python3.11":
        # Its glibc is older than DuckDB's wheels ask for: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
        raise OperationFailed(
            "The sample agents do not run on python3.11, which Lambda runs on Amazon Linux 2. Build the packages with"
            " ./build_packages.sh --target python3.13-arm64 --with-sample-agents, and deploy with"
            " --parameter LambdaRuntime=python3.13."
        )
    if deployment.options.focus_export:
        check_focus_export(
            deployment.aws, deployment.options.given["CostsS3Bucket"], deployment.options.given["CostsS3Prefix"]
        )


def check_focus_export(aws: Aws, bucket: str, prefix: str) -> None:
    """Make sure that AWS Data Exports has delivered something below a prefix.

    https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html (where the manifests are)
    """
    place, is_empty = f"s3://{bucket}/{prefix}", True
    later = "AWS delivers an export for the first time within 24 hours after it is made"
    try:
        for page in aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
            keys = [found["Key"] for found in page.get("Contents", [])]
            is_empty = is_empty and not keys
            if any(re.fullmatch(r".+/metadata/.+Manifest\.json", key) for key in keys):
                say(f"Cost export {place}")
                return
    except (ClientError, BotoCoreError) as error:
        if code_of(error) == "NoSuchBucket":
            raise OperationFailed(f"Bucket {bucket} of --focus-export does not exist.") from error
        if code_of(error) in ("AccessDenied", "403"):
            raise OperationFailed(
                f"No access to {place}: to see that an export is there takes s3:ListBucket. The policy for it:"
                f" ops/deploy_policy.sh focus-export --focus-export-bucket {bucket}"
            ) from error
        raise OperationFailed(f"Cannot look into {place}: {reason_of(error)}") from error
    if is_empty:
        raise OperationFailed(
            f"There is nothing below {place}. Name the export's S3 prefix (aws bcm-data-exports get-export); {later}."
        )
    raise OperationFailed(
        f"There is no manifest of an export below {place}, such as metadata/.../Manifest.json; {later}."
    )


def check_concurrency(aws: Aws, jobs: str) -> None:
    """Warn if the account may not run as many functions at once as so many `jobs` (MaximumConcurrency) can take.

    A warning, since a stack that is asked little works all the same, and AWS raises a new account's 10 as it is used.
    Those 10 are the least that AWS leaves to functions without a reservation, so there is always a number that fits.
    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    try:
        limit = aws.lambda_.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    except (ClientError, BotoCoreError) as error:
        warn(f"Cannot see how many functions this account may run at once: {reason_of(error)}")
        return
    # What is no whole number CloudFormation refuses.
    taken = int(jobs) * _FUNCTIONS_A_JOB if jobs.isdecimal() else 0
    if taken + _FUNCTIONS_FOR_FRAMES <= limit:
        say(f"Concurrency: {limit} functions at once, of which jobs take up to {taken}")
        return
    fits = max(_LEAST_JOBS, (limit - _FUNCTIONS_FOR_FRAMES) // _FUNCTIONS_A_JOB)
    # What accounts have that are not new.
    wanted = max(1000, taken + _FUNCTIONS_FOR_FRAMES)
    warn(
        f"This account may run {limit} functions at once, and {jobs} jobs with two agents each would take {taken}:"
        " processors would run and their agents could not start, nor could people connect or ask."
        f" What fits: ./deploy.sh --parameter MaximumConcurrency={fits}. For more, ask AWS: aws service-quotas"
        f" request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value {wanted}"
        f" --region {aws.region}"
    )
