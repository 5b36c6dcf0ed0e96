"""What CloudFormation has made: the stacks, the API's stage, what keeps jobs and hands them on, and the alarms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from finops_client.terminal_text import clean_line
from finops_operations.errors import OperationFailed
from finops_operations.health.check import AGAIN, WAIT, Finding, failed, if_missing, ok, skipped, warning
from finops_operations.health.checked_stack import RUNBOOK, CheckedStack
from finops_operations.stack import SETTLED, Stack, does_not_exist, make_anew, monitoring_name, way_out

if TYPE_CHECKING:
    from types_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef

ROUTES = ("$connect", "$disconnect", "authenticate", "ping", "$default")
# Seconds; the alarm queue-age has the same default. A message counts until its job is done, so at least twice as long
# as an agent may take.
_OLD = 600
_LONGEST_QUOTE = 160


def check_stack(checked: CheckedStack) -> Finding:
    """Check the stack's status, as CloudFormation gave it when the stack was read."""
    return _status(checked, checked.stack)


def check_stage(checked: CheckedStack) -> Finding:
    """Check the stage that clients connect to, and the routes that their messages take."""
    api = checked.stack.output("WebSocketApiId")
    lead_pages = f"A new API has a new endpoint: then ops/write_frontend_config.sh {checked.options} (config.js)."
    with if_missing(failed(f"There is no API {api}.", f"{checked.way_back}\n{lead_pages}")):
        pages = checked.apigateway.get_paginator("get_routes").paginate(ApiId=api)
        routes = {route["RouteKey"] for page in pages for route in page["Items"]}
    with if_missing(failed(f"API {api} has no stage prod: nobody can connect.", checked.way_back)):
        checked.apigateway.get_stage(ApiId=api, StageName="prod")
    if missing := [route for route in ROUTES if route not in routes]:
        return failed(f"Stage prod lacks the routes {', '.join(missing)}.", checked.way_back)
    return ok(f"prod, with its {len(ROUTES)} routes.")


def check_table(checked: CheckedStack, output: str) -> Finding:
    """Check the table that an output names: there, expiring what is old, and restorable."""
    name = checked.stack.output(output)
    with if_missing(failed(f"There is no table {name}.", checked.way_back)):
        status = checked.dynamodb.describe_table(TableName=name)["Table"]["TableStatus"]
    # While it is being updated, a table serves.
    if status not in ("ACTIVE", "UPDATING"):
        return failed(f"{name} is {status}.", checked.aws(f"dynamodb describe-table --table-name {name}"))
    # The local cloud has both and shows neither.
    if not checked.is_local:
        expiry = checked.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        if expiry.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
            wanted = "--time-to-live-specification Enabled=true,AttributeName=ttl"
            mend = checked.aws(f"dynamodb update-time-to-live --table-name {name} {wanted}")
            return warning(f"{name} is {status}, but nothing in it expires.", mend)
        backups = checked.dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        if backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") != "ENABLED":
            wanted = "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
            mend = checked.aws(f"dynamodb update-continuous-backups --table-name {name} {wanted}")
            return warning(f"{name} is {status}, but cannot be restored to a point in time.", mend)
    return ok(f"{name} is {status}.")


def check_results_bucket(checked: CheckedStack) -> Finding:
    """Check that the bucket is there, and this caller's."""
    name = checked.stack.output("ResultsBucketName")
    with if_missing(failed(f"There is no bucket {name}: large answers are lost.", checked.way_back)):
        checked.s3.head_bucket(Bucket=name)
    return ok(name)


def check_processing_queue(checked: CheckedStack) -> Finding:
    """Check the queue of jobs: many may wait, but none for long."""
    waiting, in_flight = _depth(checked, "ProcessingQueueUrl")
    counts = f"{waiting} waiting, {in_flight} in flight"
    # What CloudWatch says is minutes old, and of a queue that has emptied since.
    age = _age(checked, _name(checked, "ProcessingQueueUrl")) if waiting + in_flight else None
    if age is None:
        return ok(f"{counts}.")
    counts += f", the oldest for {age:.0f} s"
    limit = max(_OLD, 2 * int(float(checked.stack.parameters.get("AgentTimeoutSeconds", 0))))
    if age <= limit:
        return ok(f"{counts}.")
    logs = checked.logs(checked.named("background-processor"))
    return failed(f"{counts}: jobs wait longer than {limit} s.", f"See queue-age in {RUNBOOK}.\n{logs}")


def check_dead_letter_queue(checked: CheckedStack) -> Finding:
    """Check the queue of messages that failed for good: whatever is in it is a question without an answer."""
    if messages := sum(_depth(checked, "ProcessingDeadLetterQueueUrl")):
        return failed(f"{messages} failed for good.", f"ops/dead_letters.sh list {checked.options}")
    return ok("empty")


def check_mapping(checked: CheckedStack, output: str) -> Finding:
    """Check that the background processor reads the queue that an output names, and nobody else."""
    queue, processor = _name(checked, output), checked.named("background-processor")
    with if_missing(skipped(f"Not tried: there is no queue {queue}.")):
        asked = checked.sqs.get_queue_attributes(QueueUrl=checked.stack.output(output), AttributeNames=["QueueArn"])
    # By the queue: a mapping outlives its function.
    pages = checked.lambda_.get_paginator("list_event_source_mappings").paginate(
        EventSourceArn=asked["Attributes"]["QueueArn"]
    )
    mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
    ours = [mapping for mapping in mappings if _function(mapping) == processor]
    # SQS gives each message to one reader: what another one takes, the processor never sees.
    others = [one for one in mappings if one not in ours and one["State"] not in ("Disabled", "Deleting")]
    if others:
        stop = "\n".join(_switch(checked, mapping, "--no-enabled") for mapping in others)
        return failed(f"{', '.join(map(_function, others))} takes messages of {queue}.", stop)
    if not ours:
        return failed(f"{processor} does not read {queue}.", checked.way_back)
    state = ours[0]["State"]
    if state in ("Creating", "Enabling", "Updating"):
        return warning(state, AGAIN)
    if state != "Enabled":
        return failed(f"{state}: nobody reads {queue}.", _switch(checked, ours[0], "--enabled"))
    # https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
    result = ours[0].get("LastProcessingResult", "")
    if result.startswith("PROBLEM"):
        return warning(f"{state}, but {clean_line(result, _LONGEST_QUOTE)}", checked.logs(processor))
    return ok(state)


def check_sweep(checked: CheckedStack) -> Finding:
    """Check the rule that starts the sweep: without it, a job that nobody works on stays unfinished."""
    name = checked.named("sweep")
    with if_missing(failed(f"There is no rule {name}: stuck jobs stay stuck.", checked.way_back)):
        rule = checked.events.describe_rule(Name=name)
    if rule["State"] == "DISABLED":
        return failed(f"{name} is DISABLED: stuck jobs stay stuck.", checked.aws(f"events enable-rule --name {name}"))
    return ok(f"{rule['State']}, {rule['ScheduleExpression']}.")


def check_monitoring(checked: CheckedStack) -> Finding:
    """Check the status of the stack with the alarms, without which everything else works."""
    name = monitoring_name(checked.stack.name)
    try:
        return _status(checked, Stack.read(checked.cloudformation, name))
    except OperationFailed:
        found = f"There is no stack {name}: no alarm rings when something breaks."
        return warning(found, f"./deploy.sh {checked.options}")


def check_alarms(checked: CheckedStack) -> Finding:
    """Check the alarms whose names begin with the project's: each that rings says what to do."""
    prefix = checked.named("")
    pages = checked.cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"]
    )
    alarms = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}

    def listed(names: Iterable[str]) -> str:
        return ", ".join(name.removeprefix(prefix) for name in names)

    def what_to_do(names: Iterable[str]) -> str:
        return "\n".join(f"{name}: {alarms[name].get('AlarmDescription', '')}" for name in names)

    # The alarms of a project whose name begins with this one's, such as finops-websocket-test, have the prefix too.
    made = _alarms_of_monitoring(checked)
    own = [name for name in alarms if name in made]
    ringing = [name for name, alarm in alarms.items() if alarm["StateValue"] == "ALARM"]
    if own_ringing := [name for name in ringing if name in own]:
        return failed(f"In ALARM: {listed(own_ringing)}.", what_to_do(own_ringing))
    if missing := sorted(made - alarms.keys()):
        # The monitoring stack's own parameters do not tell where it is.
        monitoring = Stack.find(checked.cloudformation, monitoring_name(checked.stack.name))
        way_back = checked.way_back if checked.is_local else make_anew(monitoring, checked.region)
        return warning(f"Deleted, so that they never ring: {listed(missing)}.", way_back)
    if not own:
        return warning("There are none: nobody is told when something breaks.", f"./deploy.sh {checked.options}")
    if ringing:
        return warning(f"In ALARM, but not this stack's: {listed(ringing)}.", what_to_do(ringing))
    if muted := [name for name in own if not alarms[name].get("ActionsEnabled", True)]:
        return warning(
            f"None of {len(own)} in ALARM, but {len(muted)} would tell nobody.",
            checked.aws(f"cloudwatch enable-alarm-actions --alarm-names {' '.join(muted)}"),
        )
    return ok(f"None of {len(own)} in ALARM.")


def _status(checked: CheckedStack, stack: Stack) -> Finding:
    status = stack.status
    if status in SETTLED:
        return ok(status)
    if status == "ROLLBACK_COMPLETE" or (status.endswith("_FAILED") and not status.startswith("IMPORT_")):
        return failed(status, way_out(stack.name, status, checked.region))
    if not status.endswith("_IN_PROGRESS"):
        return failed(status, checked.aws(f"cloudformation describe-stack-events --stack-name {stack.name}"))
    # The stack that was there answers meanwhile.
    if status.startswith(("UPDATE_", "IMPORT_")):
        return warning(f"{status}: it is being changed.", WAIT)
    return failed(f"{status}: it is not there yet, or not any more.", WAIT)


def _alarms_of_monitoring(checked: CheckedStack) -> set[str]:
    """Give the names of the alarms that the monitoring stack has made."""
    pages = checked.cloudformation.get_paginator("list_stack_resources").paginate(
        StackName=monitoring_name(checked.stack.name)
    )
    try:
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    except ClientError as error:
        if does_not_exist(error):
            return set()
        raise
    return {
        resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == "AWS::CloudWatch::Alarm"
        and not resource["ResourceStatus"].startswith(("DELETE_", "CREATE_IN_PROGRESS"))
    }


def _depth(checked: CheckedStack, output: str) -> tuple[int, int]:
    """Count the messages that wait, delayed ones included, and those that somebody has in hand."""
    with if_missing(failed(f"There is no queue {_name(checked, output)}.", checked.way_back)):
        asked = checked.sqs.get_queue_attributes(QueueUrl=checked.stack.output(output), AttributeNames=["All"])
    number = asked["Attributes"]
    waiting = int(number["ApproximateNumberOfMessages"]) + int(number["ApproximateNumberOfMessagesDelayed"])
    return waiting, int(number["ApproximateNumberOfMessagesNotVisible"])


def _age(checked: CheckedStack, queue: str) -> float | None:
    """Give the oldest message's age in seconds; None where CloudWatch has no recent one, as of a queue at rest.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    now = datetime.now(UTC)
    points = checked.cloudwatch.get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": queue}],
        StartTime=now - timedelta(minutes=10),
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    latest = max(points, key=lambda point: point["Timestamp"], default=None)
    return None if latest is None else latest["Maximum"]


def _name(checked: CheckedStack, output: str) -> str:
    return checked.stack.output(output).rpartition("/")[2]


def _function(mapping: EventSourceMappingConfigurationTypeDef) -> str:
    """Give the name in arn:aws:lambda:REGION:ACCOUNT:function:NAME, which a version or an alias may follow."""
    return mapping["FunctionArn"].split(":")[6]


def _switch(checked: CheckedStack, mapping: EventSourceMappingConfigurationTypeDef, option: str) -> str:
    return checked.aws(f"lambda update-event-source-mapping --uuid {mapping['UUID']} {option}")
