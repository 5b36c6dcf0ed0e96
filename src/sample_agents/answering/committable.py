"""Which charges a commitment could cover: conditions in SQL over `charges`, with RE2 patterns. Pure."""


def says(words: str, column: str = "description") -> str:
    """That the column has one of the words, which are a pattern; whatever their case."""
    return f"regexp_matches({column}, '(?i)\\b({words})\\b')"


# What nothing uses. AWS: "$0.005 per Idle public IPv4 address per hour", "Elastic IP address not attached to a running
# instance", "Unused Reservation" (capacity that is reserved and not used). Others: where a description says so.
IDLE = "commitment_status = '' AND " + says(
    "idle|idleaddress|un(attached|associated|assigned|used)|not (attached|associated|in use)"
)

# Services with Savings Plans, reservations or committed use for their hours: https://aws.amazon.com/savingsplans/faqs/,
# https://learn.microsoft.com/azure/cost-management-billing/reservations/save-compute-costs-reservations,
# https://cloud.google.com/docs/cuds
_COMMITTABLE = says(
    "elastic (compute cloud|container service)$|elasticache|opensearch|relational database|redshift|sagemaker"
    "|^(azure )?virtual machine(s| scale sets)$|^azure app service$|sql database|^azure d(b|atabase) for"
    "|compute engine|cloud sql",
    "service",
)
# Billed by the hour within those services, and outside their commitments.
_NOT_COMMITTABLE = says(
    "nat ?gateway|acu|aurora capacity unit|extended support|cpu credits?|spot|preemptible|low priority|vpn|endpoints?"
    "|transit gateway|ip address(es)?|ipv4|load ?balancers?|capacity block",
    "description || ' ' || unit",
)
# Google bills machines in seconds and byte-seconds, as it does disks.
_HOURS = f"({says('hrs?|hours?', 'unit')} OR {says('instance (core|ram)')})"
ON_DEMAND = (
    "commitment_status = '' AND commitment_id = '' AND pricing_category IN ('', 'Standard') "
    f"AND {_COMMITTABLE} AND NOT ({IDLE}) AND {_HOURS} AND NOT {_NOT_COMMITTABLE}"
)
