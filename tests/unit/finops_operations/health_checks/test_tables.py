import pytest

from finops_operations.health_checks.check import Finding, State
from finops_operations.health_checks.remedies import Remedies
from finops_operations.health_checks.tables import look_at_table
from unit.finops_operations.sample_stack import sample_stack
from unit.finops_operations.stubbed_service import StubbedService


def look(dynamodb: StubbedService, **parameters: str) -> Finding:
    return look_at_table(dynamodb.client, Remedies(sample_stack(**parameters), "eu-west-1"), "JobsTableName")


def table(status: str, expires: str = "ENABLED", restorable: str = "ENABLED") -> StubbedService:
    dynamodb = StubbedService("dynamodb")
    dynamodb.answers("describe_table", {"Table": {"TableStatus": status}}, {"TableName": "finops-jobs"})
    dynamodb.answers("describe_time_to_live", {"TimeToLiveDescription": {"TimeToLiveStatus": expires}})
    recovery = {"PointInTimeRecoveryStatus": restorable}
    backups = {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}
    if expires == "ENABLED":
        dynamodb.answers("describe_continuous_backups", {"ContinuousBackupsDescription": backups})
    return dynamodb


@pytest.mark.parametrize("status", ["ACTIVE", "UPDATING"])
def test_a_table_that_serves(status: str) -> None:
    dynamodb = table(status)
    assert look(dynamodb) == Finding(State.OK, f"finops-jobs is {status}.")
    dynamodb.assert_all_called()


def test_a_table_that_does_not_serve() -> None:
    assert look(table("INACCESSIBLE_ENCRYPTION_CREDENTIALS")).state is State.RED


def test_a_table_that_is_gone() -> None:
    dynamodb = StubbedService("dynamodb")
    dynamodb.refuses("describe_table", "ResourceNotFoundException")
    assert look(dynamodb).state is State.RED


def test_a_table_that_keeps_everything() -> None:
    finding = look(table("ACTIVE", expires="DISABLED"))
    assert finding.state is State.WARNING
    assert finding.remedy.startswith("aws dynamodb update-time-to-live --table-name finops-jobs ")


def test_a_table_that_cannot_be_restored() -> None:
    finding = look(table("ACTIVE", restorable="DISABLED"))
    assert finding.state is State.WARNING
    assert finding.remedy.startswith("aws dynamodb update-continuous-backups --table-name finops-jobs ")


def test_the_local_cloud_shows_neither() -> None:
    dynamodb = StubbedService("dynamodb")
    dynamodb.answers("describe_table", {"Table": {"TableStatus": "ACTIVE"}})
    assert look(dynamodb, ExecuteApiBaseUrl="http://localhost:1/_aws/execute-api").state is State.OK
