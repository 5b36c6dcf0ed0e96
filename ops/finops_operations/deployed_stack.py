"""The former name of `finops_operations.stack`, for modules that have not moved there yet."""

from finops_operations.stack import Stack as DeployedStack
from finops_operations.stack import does_not_exist

__all__ = ["DeployedStack", "does_not_exist"]
