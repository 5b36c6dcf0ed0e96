"""The commands that mend what the checks find, complete: whoever is on call types them as they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from finops_operations.stack import Stack

RUNBOOK = "docs/troubleshooting_notes.md"


@dataclass(frozen=True)
class Remedies:
    """Commands for one stack."""

    stack: Stack
    region: str
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When they were asked for, in UTC: it tells change sets apart, of which each name is taken once."""

    @property
    def is_local(self) -> bool:
        """Tell whether the stack is on the local cloud, which knows less than AWS."""
        return bool(self.stack.parameters.get("ExecuteApiBaseUrl"))

    def deploy(self, options: str = "") -> str:
        """Deploy what is in build/."""
        return f"./deploy.sh {self._which()}{options}"

    def roll_back(self) -> str:
        """Return to the release before this one."""
        return f"ops/rollback.sh --to previous {self._which()}"

    def dead_letters(self) -> str:
        """Show what failed for good."""
        return f"ops/dead_letters.sh list {self._which()}"

    def logs(self, function: str) -> str:
        """Show a function's last errors, with either version of the CLI."""
        return self.aws(
            f"logs filter-log-events --log-group-name /aws/lambda/{function} --filter-pattern ERROR"
            " --query 'events[-5:].message' --output text"
        )

    def aws(self, command: str) -> str:
        """Give a command of the AWS CLI in the stack's region."""
        return f"aws {command} --region {self.region}"

    def make_anew(self) -> str:
        """Bring back what was deleted, or changed, behind CloudFormation's back, as the stack's template has it.

        A deployment does not: CloudFormation compares templates, not what is there. A drift-aware change set does:
        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
        """
        if self.is_local:
            return "./run_local.sh --stop, then ./run_local.sh --detach"
        stack = self.stack.name
        # A parameter that is not named would get its default.
        kept = " ".join(f"ParameterKey={name},UsePreviousValue=true" for name in self.stack.parameters)
        changes = f"--stack-name {stack} --change-set-name undo-drift-{self.asked_at:%Y%m%dT%H%M%SZ}"
        return "\n".join(
            self.aws(f"cloudformation {command}")
            for command in (
                f"create-change-set {changes} --use-previous-template --deployment-mode REVERT_DRIFT"
                f" --capabilities CAPABILITY_IAM --parameters {kept}",
                f"wait change-set-create-complete {changes}",
                f"execute-change-set {changes}",
            )
        )

    def make_api_anew(self) -> str:
        """Bring back the API, and lead the pages to it."""
        told = f"A new API has a new endpoint: then ops/write_frontend_config.sh {self._which()} (config.js)."
        return f"{self.make_anew()}\n{told}"

    def _which(self) -> str:
        return f"--stack-name {self.stack.name} --region {self.region}"
