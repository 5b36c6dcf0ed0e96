"""What kind of usage a charge is, for finding savings; what its row does not say is OTHER. Pure."""

import re
from enum import StrEnum

from sample_agents.charge import Charge
from sample_agents.service_names import usual_name


class UsageKind(StrEnum):
    """The kinds that findings are made of."""

    COMMITTED = "committed"  # covered by a commitment discount
    UNUSED_COMMITMENT = "unused commitment"  # the part of a commitment that nothing used
    IDLE = "idle"  # the provider's own description calls the resource idle or unattached
    PREVIOUS_GENERATION = "previous generation"  # gp2 volumes, which gp3 replaces
    ON_DEMAND = "on demand"  # hours at the standard price that a commitment could cover
    OTHER = "other"


# AWS: "$0.005 per Idle public IPv4 address per hour", "Elastic IP address not attached".
_IDLE = re.compile(r"\b(idle|unattached|not attached)\b", re.IGNORECASE)
_GP2 = re.compile(r"\bgp2\b", re.IGNORECASE)
_HOURS = re.compile(r"\b(hrs?|hours?)\b", re.IGNORECASE)
# Billed by the hour within Amazon EC2 and RDS, but outside Savings Plans and reserved instances.
_NOT_COMMITTABLE = re.compile(r"\b(nat ?gateway|ACU)\b", re.IGNORECASE)

# Savings Plans or reservations exist for their hours: https://aws.amazon.com/savingsplans/faqs/,
# https://learn.microsoft.com/azure/cost-management-billing/reservations/save-compute-costs-reservations
COMMITTABLE_SERVICES = frozenset(
    {
        "Amazon EC2",
        "Amazon ECS",
        "Amazon ElastiCache",
        "Amazon OpenSearch Service",
        "Amazon RDS",
        "Amazon Redshift",
        "Amazon SageMaker",
        "Azure App Service",
        "Azure SQL Database",
        "Azure Virtual Machines",
    }
)


def usage_kind(charge: Charge) -> UsageKind:
    """The kind of usage that a charge stands for."""
    if charge.commitment == "Unused":
        return UsageKind.UNUSED_COMMITMENT
    if charge.commitment == "Used":
        return UsageKind.COMMITTED
    if charge.category != "Usage":
        return UsageKind.OTHER
    if _IDLE.search(charge.description):
        return UsageKind.IDLE
    if _GP2.search(charge.description):
        return UsageKind.PREVIOUS_GENERATION
    committable = (
        charge.pricing in ("", "Standard")
        and usual_name(charge.service) in COMMITTABLE_SERVICES
        and _HOURS.search(charge.unit)
        and not _NOT_COMMITTABLE.search(f"{charge.description} {charge.unit}")
    )
    return UsageKind.ON_DEMAND if committable else UsageKind.OTHER
