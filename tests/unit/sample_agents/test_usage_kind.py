import io

import pytest

from sample_agents.focus_export import read_charges
from sample_agents.usage_kind import UsageKind, usage_kind

EC2 = {"ServiceName": "Amazon Elastic Compute Cloud", "ConsumedUnit": "Hours"}


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (EC2, UsageKind.ON_DEMAND),
        (EC2 | {"ConsumedUnit": "Hrs"}, UsageKind.ON_DEMAND),
        (EC2 | {"ConsumedUnit": "GB-Months"}, UsageKind.OTHER),
        (EC2 | {"PricingCategory": "Dynamic"}, UsageKind.OTHER),
        (EC2 | {"ChargeDescription": "$0.045 per NAT Gateway Hour"}, UsageKind.OTHER),
        (EC2 | {"ChargeCategory": "Credit"}, UsageKind.OTHER),
        ({"ServiceName": "Elastic Load Balancing"}, UsageKind.OTHER),
        (EC2 | {"CommitmentDiscountStatus": "Used"}, UsageKind.COMMITTED),
        (EC2 | {"CommitmentDiscountStatus": "Unused"}, UsageKind.UNUSED_COMMITMENT),
        (EC2 | {"ChargeDescription": "$0.005 per Idle public IPv4 address per hour"}, UsageKind.IDLE),
        (EC2 | {"ChargeDescription": "Elastic IP address not attached to an instance"}, UsageKind.IDLE),
        (EC2 | {"ChargeDescription": "General Purpose SSD (gp2) storage"}, UsageKind.PREVIOUS_GENERATION),
        (EC2 | {"ChargeDescription": "General Purpose (gp3) storage", "ConsumedUnit": "GB"}, UsageKind.OTHER),
    ],
)
def test_usage_kind(export, row, kind):
    (charge,) = read_charges(io.BytesIO(export([row])))
    assert usage_kind(charge) is kind
