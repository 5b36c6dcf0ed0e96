"""One run of ./deploy.sh: what was asked for, and how far it has come."""

import argparse
from dataclasses import dataclass, field
from functools import cached_property

from finops_operations.deployment.aws import Aws
from finops_operations.deployment.releases import Releases
from finops_operations.stack import Stack

DEFAULT_BUCKET = "finops-deployment-packages-062025"


@dataclass
class Deployment:
    """One run: what was asked for, and how far it has come."""

    options: argparse.Namespace
    aws: Aws = field(init=False)
    stack: Stack = field(init=False)
    """As it was when it was last read."""
    quiet: set[str] = field(default_factory=set)
    """The alarms that did not ring before the first change."""
    release_before: str = ""
    """What one can go back to, once something is about to change."""
    is_changed: bool = False
    """Whether the stack, or its monitoring, is about to change or has."""
    has_deployed: bool = False

    def value(self, parameter: str) -> str:
        """Return the value that a parameter will have: the given one, else the stack's, else the default if any."""
        defaults = {**self.options.defaults, "LambdaS3Bucket": DEFAULT_BUCKET}
        return str({**defaults, **self.stack.parameters, **self.options.given}.get(parameter, ""))

    @cached_property
    def releases(self) -> Releases:
        """The releases in the bucket, read when they are asked for first."""
        return Releases(self.aws, self.value("LambdaS3Bucket"), self.stack.name)
