"""A stack as CloudFormation knows it: its status, parameters and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from finops_operations.errors import OperationFailed, code_of

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient


@dataclass(frozen=True)
class DeployedStack:
    """What an operation needs to know of a stack."""

    name: str
    status: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]

    @classmethod
    def read(cls, cloudformation: CloudFormationClient, name: str) -> DeployedStack:
        """The stack of this name.

        Raises:
            OperationFailed: there is none.
            botocore.exceptions.ClientError: CloudFormation does not say.
        """
        try:
            stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if does_not_exist(error):
                raise OperationFailed(
                    f"There is no stack {name} in {cloudformation.meta.region_name}."
                    " Name yours with --stack-name and --region, or deploy it: ./deploy.sh"
                ) from error
            raise
        return cls(
            name=name,
            status=stack["StackStatus"],
            parameters={
                parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in stack.get("Parameters", [])
            },
            outputs={output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
        )

    @property
    def is_changing(self) -> bool:
        """Whether CloudFormation was at work on it when it was read."""
        return self.status.endswith("_IN_PROGRESS")

    @property
    def project(self) -> str:
        """The first part of every resource's name.

        Raises:
            OperationFailed: the stack is somebody else's.
        """
        if "ProjectName" not in self.parameters:
            raise OperationFailed(
                f"Stack {self.name} is not one of ./deploy.sh's: it has no parameter ProjectName."
                " Name yours with --stack-name."
            )
        return self.parameters["ProjectName"]

    def output(self, name: str) -> str:
        """An output's value.

        Raises:
            OperationFailed: the stack has no such output, as while it is still being made.
        """
        if name not in self.outputs:
            raise OperationFailed(f"Stack {self.name} ({self.status}) has no output {name}. Deploy it: ./deploy.sh")
        return self.outputs[name]


def does_not_exist(error: ClientError) -> bool:
    """Whether CloudFormation says with this error that there is no such stack.

    That is a ValidationError like any other; only its text tells.
    """
    return code_of(error) == "ValidationError" and "does not exist" in str(error)
