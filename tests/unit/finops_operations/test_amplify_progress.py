"""Amplify's answers are validated against botocore's model of it, and time passes only in naps."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from finops_operations.amplify_branch import AmplifyBranch, AmplifyJob
from finops_operations.amplify_progress import AmplifyProgress, DeploymentFailed
from finops_operations.errors import OperationFailed
from unit.finops_operations.amplify_answers import branch_of, job, step, stubbed_amplify


class Naps:
    """A clock that naps set forward."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def wait(answers: Callable[[Stubber], None], timeout: float = 900) -> float:
    """Waits for job 7, and returns the seconds that took."""
    naps = Naps()
    with stubbed_amplify() as (client, stubber):
        answers(stubber)
        AmplifyProgress(branch_of(client), naps.clock, naps.sleep).wait("7", timeout)
    return naps.now - 1000


def test_each_step_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    def answers(stubber: Stubber) -> None:
        stubber.add_response("get_job", job("7", "PENDING"))
        for _ in range(3):
            stubber.add_response("get_job", job("7", "RUNNING", step("DEPLOY", "RUNNING"), step("VERIFY", "PENDING")))
        stubber.add_response("get_job", job("7", "SUCCEED", step("DEPLOY", "SUCCEED"), step("VERIFY", "SUCCEED")))

    wait(answers)

    assert capsys.readouterr().err.split("\n") == [
        "  Deployment: PENDING",
        "  DEPLOY: RUNNING",
        "  VERIFY: PENDING",
        "  DEPLOY: SUCCEED",
        "  VERIFY: SUCCEED",
        "",
    ]


def test_long_step_gives_signs_of_life(capsys: pytest.CaptureFixture[str]) -> None:
    def answers(stubber: Stubber) -> None:
        for _ in range(30):
            stubber.add_response("get_job", job("7", "PENDING"))
        stubber.add_response("get_job", job("7", "SUCCEED"))

    assert wait(answers) == 90

    assert capsys.readouterr().err.count("PENDING, ") == 2


def test_failure_names_the_step_its_reason_and_its_log() -> None:
    def answers(stubber: Stubber) -> None:
        failed = step("DEPLOY", "FAILED", statusReason="Unable to read the zip", logUrl="https://logs.example/7")
        stubber.add_response("get_job", job("7", "FAILED", step("BUILD", "SUCCEED"), failed, step("VERIFY", "PENDING")))

    with pytest.raises(DeploymentFailed) as failed:
        wait(answers)

    assert str(failed.value) == (
        "Deployment 7 ended as FAILED; what was served before is served on."
        " Step DEPLOY is FAILED: Unable to read the zip. Its log: https://logs.example/7"
    )


def test_cancelled_deployment_has_failed() -> None:
    with pytest.raises(DeploymentFailed, match=r"Deployment 7 ended as CANCELLED.*Amplify gives no reason"):
        wait(lambda stubber: stubber.add_response("get_job", job("7", "CANCELLED", step("DEPLOY", "CANCELLED"))))


def test_waiting_ends_and_the_deployment_goes_on() -> None:
    def answers(stubber: Stubber) -> None:
        for _ in range(21):
            stubber.add_response("get_job", job("7", "RUNNING"))

    with pytest.raises(
        OperationFailed, match=r"still RUNNING after 1 minutes\. It goes on\. .* get-job .* --job-id 7"
    ) as late:
        wait(answers, timeout=60)

    assert not isinstance(late.value, DeploymentFailed)


@pytest.mark.parametrize(("code", "status"), [("InternalFailureException", 500), ("TooManyRequestsException", 429)])
def test_amplify_that_stumbles_is_asked_again(code: str, status: int) -> None:
    def answers(stubber: Stubber) -> None:
        stubber.add_client_error("get_job", code, http_status_code=status)
        stubber.add_response("get_job", job("7", "SUCCEED"))

    assert wait(answers) == 3


def test_amplify_that_refuses_is_not() -> None:
    with pytest.raises(ClientError, match="UnauthorizedException"):
        wait(lambda stubber: stubber.add_client_error("get_job", "UnauthorizedException", http_status_code=401))


class CutOffBranch(AmplifyBranch):
    """A branch that cannot be asked."""

    def job(self, job_id: str) -> AmplifyJob:
        raise EndpointConnectionError(endpoint_url="https://amplify.us-east-1.amazonaws.com")


def test_lost_network_is_waited_for_until_the_deadline(capsys: pytest.CaptureFixture[str]) -> None:
    naps = Naps()
    with stubbed_amplify() as (client, _):
        branch = CutOffBranch(client, "d1", "staging", "https://staging.example")
        with pytest.raises(OperationFailed, match="still under way after 1 minutes"):
            AmplifyProgress(branch, naps.clock, naps.sleep).wait("7", 60)

    assert "Amplify cannot be reached; trying again" in capsys.readouterr().err


def test_interrupted_waiting_says_that_the_deployment_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with stubbed_amplify() as (client, stubber):
        stubber.add_response("get_job", job("7", "RUNNING"))
        with pytest.raises(KeyboardInterrupt):
            AmplifyProgress(branch_of(client), Naps().clock, interrupt).wait("7", 60)

    assert "Deployment 7 goes on without you" in capsys.readouterr().err
