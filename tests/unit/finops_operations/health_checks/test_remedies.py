import shlex
from datetime import UTC, datetime

import pytest
from botocore.session import get_session

from finops_operations.health_checks.remedies import Remedies
from unit.finops_operations.sample_stack import sample_stack

REMEDIES = Remedies(sample_stack(), "eu-west-1", datetime(2026, 11, 23, 20, 15, 7, tzinfo=UTC))


@pytest.mark.parametrize(
    "command",
    [REMEDIES.deploy(), REMEDIES.roll_back(), REMEDIES.dead_letters(), REMEDIES.deploy(" --auth-mode open")],
)
def test_a_command_of_the_project_names_stack_and_region(command: str) -> None:
    assert " --stack-name production --region eu-west-1" in command


def test_logs() -> None:
    assert REMEDIES.logs("f") == (
        "aws logs filter-log-events --log-group-name /aws/lambda/f --filter-pattern ERROR"
        " --query 'events[-5:].message' --output text --region eu-west-1"
    )


def test_what_was_deleted_is_made_anew_with_the_parameters_that_it_had() -> None:
    make, wait, execute = REMEDIES.make_anew().splitlines()
    words = shlex.split(make)
    parameters = [word for word in words if word.startswith("ParameterKey=")]
    assert parameters == [f"ParameterKey={name},UsePreviousValue=true" for name in sample_stack().parameters]
    mode = words[words.index("--deployment-mode") + 1]
    model = get_session().get_service_model("cloudformation").operation_model("CreateChangeSet")
    assert mode in model.input_shape.members["DeploymentMode"].enum
    for command in (make, wait, execute):
        assert "--stack-name production --change-set-name undo-drift-20261123T201507Z" in command
        assert command.endswith(" --region eu-west-1")


def test_the_local_cloud_knows_no_drift() -> None:
    local = Remedies(sample_stack(ExecuteApiBaseUrl="http://localhost:1/_aws/execute-api"), "us-east-1")
    assert (local.is_local, REMEDIES.is_local) == (True, False)
    assert local.make_anew().startswith("./run_local.sh --stop")
