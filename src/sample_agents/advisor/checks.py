"""What the advisor looks for, and how a charge shows it: conditions in SQL over `charges`, with RE2 patterns. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sample_agents.answering.committable import IDLE, ON_DEMAND, says
from sample_agents.query import Finding


class Sure(StrEnum):
    """How sure a finding is."""

    CERTAIN = "certain"
    LIKELY = "likely"
    LOOK = "worth a look"  # not mentioned among others, if it is a trifle


@dataclass(frozen=True)
class Check:
    """One thing to look for. `why` and `action` may have places for what is only known when it is found."""

    kind: Finding
    title: str
    condition: str  # of the charges that it is about; "" if a charge alone does not show it
    sure: Sure
    why: str
    action: str
    saved: Decimal | None = None  # the part of the cost that can be saved


# Google's name of a static address that nothing uses: https://cloud.google.com/vpc/network-pricing#ipaddress
_UNUSED_ADDRESS = f"NOT ({IDLE}) AND {says('static ip charge')}"

# Amazon RDS bills gp2 and gp3 volumes at prices of its own.
_IS_EBS = says("elastic (compute cloud|block store)", "service")
_GP2 = f"NOT ({IDLE}) AND {says('gp2')}"
# Previous generation, too: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
_OLD_STORAGE = f"({_GP2} AND NOT {_IS_EBS}) OR {says('magnetic provisioned storage')}"

# Machines that have had successors for years. AWS: its list of previous generations, and families before Nitro.
# Google: N1 is the first generation, https://cloud.google.com/compute/docs/general-purpose-machines
# Oracle: X5, X7 and E2, https://docs.oracle.com/iaas/Content/Compute/References/computeshapes.htm
_OLD_MACHINES = says(
    r"(t[12]|m[1-4]|c[134]|cc2|cr1|r[34]|i2|hs1|hi1|d2|g[23]|cg1|p2|x1)\.(nano|micro|small|medium|\d*x?large|metal)"
    "|virtual machines (basic )?((a|av2|amv2|d|ds|dv2|dsv2|f|fs|fsv2|g|gs|ls|lsv2|nc|ncv2|nd|nv|h)/?)+ series"
    "|n1 (predefined|custom) instance|f1-micro|g1-small|standard ?- ?(b1|x5|x7|e2)"
)

_RELEASE = "Release them, unless somebody keeps them for a reason."
CHECKS = (
    Check(
        Finding.IDLE,
        "Idle resources",
        IDLE,
        Sure.CERTAIN,
        "the bill's own description calls them idle, unattached or unused",
        _RELEASE,
        saved=Decimal(1),
    ),
    Check(
        Finding.IDLE,
        "Static addresses without use",
        _UNUSED_ADDRESS,
        Sure.LIKELY,
        "this is what Google bills for a static address while nothing uses it",
        _RELEASE,
        saved=Decimal(1),
    ),
    Check(
        Finding.UNUSED_COMMITMENT,
        "Unused commitments",
        "commitment_status = 'Unused'",
        Sure.CERTAIN,
        "the bill has a charge for the part that nothing used",
        "Move on-demand usage under the commitment, and do not renew the part that stays unused.",
        saved=Decimal(1),
    ),
    Check(
        Finding.ON_DEMAND,
        "On-demand usage that a commitment would cover",
        ON_DEMAND,
        Sure.LIKELY,
        "on 9 days of 10 in {months} months it cost at least {baseline} a day",
        "Cover that baseline with a Savings Plan, reservation or committed use: {discount} % off ({source}). "
        "It pays as long as more than {break_even} % of it is used.",
    ),
    Check(
        Finding.PREVIOUS_GENERATION,
        "Volumes of the previous generation (gp2)",
        f"{_GP2} AND {_IS_EBS}",
        Sure.LIKELY,
        "AWS publishes [gp3 as 20 % cheaper per GB](https://aws.amazon.com/ebs/general-purpose/); volumes of more than "
        "1,000 GB may need IOPS that gp3 bills extra",
        "Change them to gp3; that works while they are in use.",
        saved=Decimal("0.20"),
    ),
    Check(
        Finding.PREVIOUS_GENERATION,
        "Storage of a previous generation",
        _OLD_STORAGE,
        Sure.LIKELY,
        "the description names a type of volume that has a successor; what that costs is not in the data",
        "Compare the price of the successor for the same size, and change where it is lower.",
    ),
    Check(
        Finding.PREVIOUS_GENERATION,
        "Machines of a previous generation",
        f"commitment_status <> 'Unused' AND {_OLD_MACHINES}",
        Sure.LIKELY,
        "the description names a family that has had successors for years "
        "([AWS](https://aws.amazon.com/ec2/previous-generation/), "
        "[Azure](https://learn.microsoft.com/azure/virtual-machines/sizes/retirement/retirement-overview)); "
        "what the successor costs is not in the data",
        "Move them to the current generation before you commit to them.",
    ),
    Check(
        Finding.GROWTH,
        "Fast growth",
        "",
        Sure.LOOK,
        "{percent} % more than two months before; the amount is the increase",
        "Find out what grows, and whether it should.",
    ),
    Check(
        Finding.SNAPSHOTS,
        "Snapshots",
        f"commitment_status = '' AND {says('snapshots?|snapshotusage')}",
        Sure.LOOK,
        "the data show what they cost, not whether somebody still needs them",
        "Give snapshots and backups an end (a lifecycle policy), and delete those of what is gone.",
    ),
    Check(
        Finding.DATA_TRANSFER,
        "Traffic between zones and through NAT gateways",
        f"commitment_status = '' AND {says('nat ?gateways?|between (ec2 )?azs|inter[- ]?(az|zone)')}",
        Sure.LOOK,
        "the data show what it costs, not whether it could go a cheaper way",
        "Look for what talks across zones, and for endpoints that spare the way through a NAT gateway.",
    ),
    Check(
        Finding.UNTAGGED,
        "Untagged spend",
        "tag_set = 0",
        Sure.CERTAIN,
        "these charges have no tag, and others do{without}",
        "Tag the resources, so that every cost has an owner who can question it.",
    ),
)
