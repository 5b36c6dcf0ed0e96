#!/usr/bin/env python3
"""Makes the cost data set that the sample agents ship: a small company's AWS charges by day, in FOCUS 1.2.

    python tests/unit/sample_agents/make_sample_costs.py [FILE]  (default: the data set's place in src/sample_agents)

Nothing in it is real. The same program makes the same bytes: noise comes from a hash, and the gzip header
carries no time.
"""

import csv
import gzip
import hashlib
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

FIRST_DAY = date(2025, 11, 1)
LAST_DAY = date(2026, 11, 21)  # included: the newest month is partial, as in every export of a running month
MARCH_1, JUNE_30, JULY_1 = date(2026, 3, 1), date(2026, 6, 30), date(2026, 7, 1)
DEFAULT_FILE = Path(__file__).resolve().parents[3] / "src/sample_agents/data/sample_costs.csv.gz"

BILLING_ACCOUNT = ("111122223333", "Example Corp")
ACCOUNTS = {"111122223333": "production", "444455556666": "staging", "777788889999": "data-platform"}
PRODUCTION, STAGING, DATA = ACCOUNTS
REGIONS = {
    "us-east-1": "US East (N. Virginia)",
    "us-west-2": "US West (Oregon)",
    "eu-central-1": "EU (Frankfurt)",
}
VIRGINIA, OREGON, FRANKFURT = REGIONS
PLAN_FEE_A_DAY = Decimal("49.7664")  # 360 hours of m5.xlarge at 72 % of their price
SAVINGS_PLAN = "arn:aws:savingsplans::111122223333:savingsplan/example-plan"

# Service name in AWS's exports, and its FOCUS service category.
EC2 = ("Amazon Elastic Compute Cloud", "Compute")
RDS = ("Amazon Relational Database Service", "Databases")
S3 = ("Amazon Simple Storage Service", "Storage")
LAMBDA = ("AWS Lambda", "Compute")
DYNAMODB = ("Amazon DynamoDB", "Databases")
CLOUDFRONT = ("Amazon CloudFront", "Networking")
CLOUDWATCH = ("AmazonCloudWatch", "Management and Governance")
LOAD_BALANCING = ("Elastic Load Balancing", "Networking")
ECS = ("Amazon Elastic Container Service", "Compute")
ELASTICACHE = ("Amazon ElastiCache", "Databases")
VPC = ("Amazon Virtual Private Cloud", "Networking")
BEDROCK = ("Amazon Bedrock", "AI and Machine Learning")

SHOP = '{"application": "shop", "environment": "prod"}'
SHOP_STAGING = '{"application": "shop", "environment": "staging"}'
ANALYTICS = '{"application": "analytics", "environment": "prod"}'
UNTAGGED = ""

HOURS, GB, GB_MONTHS, GB_SECONDS, REQUESTS = "Hours", "GB", "GB-Months", "Lambda-GB-Seconds", "Requests"


@dataclass(frozen=True)
class Rate:
    """What a unit of something costs, as the bill describes it."""

    service: tuple[str, str]
    description: str
    unit: str
    price: str  # list price of a unit in USD


@dataclass(frozen=True)
class Resource:
    """A resource that is charged for every day."""

    name: str
    account: str
    region: str
    rate: str
    per_day: str  # consumed quantity on the first day of the data
    tags: str
    growth: str = "1"  # of the quantity, from month to month
    noise: int = 0  # the quantity varies by so many percent up and down
    discounted: str = "1"  # EffectiveCost as a part of ListCost, with a commitment discount
    commitment: str = ""  # CommitmentDiscountStatus
    since: date = FIRST_DAY
    until: date = LAST_DAY


RATES = {
    "m5": Rate(EC2, "$0.192 per On Demand Linux m5.xlarge Instance Hour", HOURS, "0.192"),
    "plan": Rate(EC2, "Unused part of a Compute Savings Plan", HOURS, "0.41472"),
    "c5": Rate(EC2, "$0.34 per On Demand Linux c5.2xlarge Instance Hour", HOURS, "0.34"),
    "m5-eu": Rate(EC2, "$0.23 per On Demand Linux m5.xlarge Instance Hour", HOURS, "0.23"),
    "r5": Rate(EC2, "$0.504 per On Demand Linux r5.2xlarge Instance Hour", HOURS, "0.504"),
    "t3": Rate(EC2, "$0.0832 per On Demand Linux t3.large Instance Hour", HOURS, "0.0832"),
    "gp2": Rate(EC2, "$0.10 per GB-month of General Purpose SSD (gp2) provisioned storage", GB_MONTHS, "0.10"),
    "gp3": Rate(EC2, "$0.08 per GB-month of General Purpose (gp3) provisioned storage", GB_MONTHS, "0.08"),
    "postgres-ha": Rate(RDS, "$0.96 per RDS db.r5.xlarge Multi-AZ hour running PostgreSQL", HOURS, "0.96"),
    "postgres-eu": Rate(RDS, "$0.575 per RDS db.r5.xlarge instance hour running PostgreSQL", HOURS, "0.575"),
    "postgres-small": Rate(RDS, "$0.145 per RDS db.t3.large instance hour running PostgreSQL", HOURS, "0.145"),
    "postgres-storage": Rate(RDS, "$0.115 per GB-month of provisioned gp3 storage for PostgreSQL", GB_MONTHS, "0.115"),
    "s3": Rate(S3, "$0.023 per GB - first 50 TB / month of storage used", GB_MONTHS, "0.023"),
    "s3-eu": Rate(S3, "$0.0245 per GB - first 50 TB / month of storage used", GB_MONTHS, "0.0245"),
    "s3-requests": Rate(S3, "$0.0004 per 1,000 GET and all other requests", REQUESTS, "0.0000004"),
    "lambda": Rate(LAMBDA, "AWS Lambda - Total Compute - US East (N. Virginia)", GB_SECONDS, "0.0000166667"),
    "lambda-eu": Rate(LAMBDA, "AWS Lambda - Total Compute - EU (Frankfurt)", GB_SECONDS, "0.0000166667"),
    "dynamodb": Rate(DYNAMODB, "$0.625 per million write request units", "WriteRequestUnits", "0.000000625"),
    "cloudfront": Rate(CLOUDFRONT, "$0.085 per GB - data transfer out under the monthly global 10 TB", GB, "0.085"),
    "logs": Rate(CLOUDWATCH, "$0.50 per GB log data ingested", GB, "0.50"),
    "alb": Rate(LOAD_BALANCING, "$0.0225 per Application LoadBalancer-hour", HOURS, "0.0225"),
    "alb-eu": Rate(LOAD_BALANCING, "$0.027 per Application LoadBalancer-hour", HOURS, "0.027"),
    "fargate": Rate(ECS, "$0.04048 per AWS Fargate vCPU hour", "vCPU-Hours", "0.04048"),
    "cache": Rate(ELASTICACHE, "$0.226 per On Demand cache.r6g.large node hour", HOURS, "0.226"),
    "nat": Rate(VPC, "$0.045 per NAT Gateway Hour", HOURS, "0.045"),
    "nat-traffic": Rate(VPC, "$0.045 per GB Data Processed by NAT Gateways", GB, "0.045"),
    "idle-address": Rate(VPC, "$0.005 per Idle public IPv4 address per hour", HOURS, "0.005"),
    "tokens": Rate(BEDROCK, "Input and output tokens of a foundation model", "Tokens", "0.000008"),
}

RESOURCES = (
    Resource("web", PRODUCTION, VIRGINIA, "m5", "288", SHOP, discounted="0.72", commitment="Used"),
    # Its instances are gone since July, and the plan's part for them is unused.
    Resource("reports", PRODUCTION, VIRGINIA, "m5", "72", SHOP, discounted="0.72", commitment="Used", until=JUNE_30),
    Resource("plan-unused", PRODUCTION, VIRGINIA, "plan", "24", UNTAGGED, commitment="Unused", since=JULY_1),
    Resource("worker", PRODUCTION, VIRGINIA, "c5", "192", SHOP, growth="1.01", noise=3),
    Resource("web-eu", PRODUCTION, FRANKFURT, "m5-eu", "144", SHOP, noise=2),
    Resource("batch", DATA, OREGON, "r5", "96", ANALYTICS, growth="1.02", noise=25),
    Resource("staging", STAGING, VIRGINIA, "t3", "120", SHOP_STAGING, noise=10),
    Resource("volumes", PRODUCTION, VIRGINIA, "gp2", "210", UNTAGGED, growth="1.01"),
    Resource("volumes-data", DATA, OREGON, "gp3", "320", ANALYTICS, growth="1.02"),
    Resource("orders-db", PRODUCTION, VIRGINIA, "postgres-ha", "96", SHOP),
    Resource("orders-db-eu", PRODUCTION, FRANKFURT, "postgres-eu", "48", SHOP),
    Resource("staging-db", STAGING, VIRGINIA, "postgres-small", "48", UNTAGGED),
    Resource("orders-db-storage", PRODUCTION, VIRGINIA, "postgres-storage", "66", SHOP, growth="1.015"),
    Resource("media", PRODUCTION, VIRGINIA, "s3", "1450", SHOP, growth="1.018", noise=1),
    Resource("data-lake", DATA, OREGON, "s3", "900", ANALYTICS, growth="1.035", noise=1),
    Resource("media-eu", PRODUCTION, FRANKFURT, "s3-eu", "310", SHOP, growth="1.02", noise=1),
    Resource("media-requests", PRODUCTION, VIRGINIA, "s3-requests", "9000000", SHOP, growth="1.02", noise=12),
    Resource("old-logs", STAGING, VIRGINIA, "s3", "120", UNTAGGED),
    Resource("checkout", PRODUCTION, VIRGINIA, "lambda", "640000", SHOP, growth="1.03", noise=12),
    Resource("checkout-eu", PRODUCTION, FRANKFURT, "lambda-eu", "150000", SHOP, growth="1.03", noise=12),
    Resource("carts", PRODUCTION, VIRGINIA, "dynamodb", "14000000", SHOP, growth="1.015", noise=10),
    Resource("events", DATA, OREGON, "dynamodb", "9000000", UNTAGGED, noise=8),
    Resource("shop-cdn", PRODUCTION, VIRGINIA, "cloudfront", "310", SHOP, growth="1.02", noise=15),
    Resource("logs", PRODUCTION, VIRGINIA, "logs", "38", UNTAGGED, growth="1.03", noise=10),
    Resource("logs-staging", STAGING, VIRGINIA, "logs", "9", UNTAGGED, noise=10),
    Resource("shop-alb", PRODUCTION, VIRGINIA, "alb", "72", SHOP),
    Resource("shop-alb-eu", PRODUCTION, FRANKFURT, "alb-eu", "48", SHOP),
    Resource("search", PRODUCTION, VIRGINIA, "fargate", "384", SHOP, growth="1.01", noise=4),
    Resource("search-staging", STAGING, VIRGINIA, "fargate", "48", SHOP_STAGING, noise=6),
    Resource("sessions", PRODUCTION, VIRGINIA, "cache", "72", SHOP),
    Resource("nat", PRODUCTION, VIRGINIA, "nat", "72", SHOP),
    Resource("nat-traffic", PRODUCTION, VIRGINIA, "nat-traffic", "420", UNTAGGED, growth="1.01", noise=12),
    Resource("addresses-idle", STAGING, OREGON, "idle-address", "528", UNTAGGED),
    Resource("assistant", DATA, OREGON, "tokens", "900000", UNTAGGED, growth="1.25", noise=18, since=MARCH_1),
)


def sample_costs() -> bytes:
    """The data set: a FOCUS export as gzip of CSV."""
    rows = [charge for resource in RESOURCES for charge in _daily_charges(resource)]
    text = io.StringIO()
    writer = csv.DictWriter(text, sorted(rows[0]), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    writer.writerows(_plan_fees())
    packed = io.BytesIO()
    # An empty name and time 0 keep the gzip header the same wherever and whenever it is written.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as stream:
        stream.write(text.getvalue().encode())
    return packed.getvalue()


def _daily_charges(resource: Resource) -> Iterator[dict[str, object]]:
    day = resource.since
    rate = RATES[resource.rate]
    while day <= resource.until:
        quantity = _quantity(resource, day)
        list_cost = quantity * Decimal(rate.price)
        cost = list_cost * Decimal(resource.discounted)
        committed = resource.commitment != ""
        yield _shared(day, day + timedelta(days=1)) | {
            # Usage under a commitment is paid with the commitment's fee.
            "BilledCost": 0 if committed else cost,
            "ChargeCategory": "Usage",
            "ChargeDescription": rate.description,
            "ChargeFrequency": "Usage-Based",
            "CommitmentDiscountId": SAVINGS_PLAN if committed else "",
            "CommitmentDiscountStatus": resource.commitment,
            "CommitmentDiscountType": "Compute Savings Plan" if committed else "",
            "ConsumedQuantity": quantity,
            "ConsumedUnit": rate.unit,
            "ContractedCost": list_cost,
            "EffectiveCost": cost,
            "ListCost": list_cost,
            "ListUnitPrice": rate.price,
            "PricingCategory": "Committed" if committed else "Standard",
            "RegionId": resource.region,
            "RegionName": REGIONS[resource.region],
            "ResourceId": resource.name,
            "ResourceName": resource.name,
            "ServiceCategory": rate.service[1],
            "ServiceName": rate.service[0],
            "SubAccountId": resource.account,
            "SubAccountName": ACCOUNTS[resource.account],
            "Tags": resource.tags,
        }
        day += timedelta(days=1)


def _quantity(resource: Resource, day: date) -> Decimal:
    months = (day.year - FIRST_DAY.year) * 12 + day.month - FIRST_DAY.month
    grown = Decimal(resource.per_day) * Decimal(resource.growth) ** months
    # Nine steps of noise, so that the file stays small.
    step = hashlib.sha256(f"{resource.name} {day}".encode()).digest()[0] % 9 - 4
    noisy = grown * (1 + Decimal(resource.noise * step) / 400)
    return noisy.quantize(Decimal(1) if grown > 1000 else Decimal("0.1"))


def _plan_fees() -> Iterator[dict[str, object]]:
    """The plan's monthly fee: billed, with no effective cost, because the usage under it carries that."""
    month = FIRST_DAY
    while month <= LAST_DAY:
        end = _next_month(month)
        fee = PLAN_FEE_A_DAY * (end - month).days
        yield _shared(month, end) | {
            "BilledCost": fee,
            "ChargeCategory": "Purchase",
            "ChargeDescription": "Compute Savings Plan, 1 year, no upfront",
            "ChargeFrequency": "Recurring",
            "CommitmentDiscountId": SAVINGS_PLAN,
            "CommitmentDiscountType": "Compute Savings Plan",
            "ContractedCost": fee,
            "EffectiveCost": 0,
            "ListCost": fee,
            "PricingCategory": "Committed",
            "ServiceCategory": EC2[1],
            "ServiceName": EC2[0],
            "SubAccountId": PRODUCTION,
            "SubAccountName": ACCOUNTS[PRODUCTION],
        }
        month = end


def _shared(start: date, end: date) -> dict[str, object]:
    """The columns that every charge of a period has."""
    return {
        "BillingAccountId": BILLING_ACCOUNT[0],
        "BillingAccountName": BILLING_ACCOUNT[1],
        "BillingCurrency": "USD",
        "BillingPeriodEnd": _moment(_next_month(start)),
        "BillingPeriodStart": _moment(start.replace(day=1)),
        "ChargeClass": "",
        "ChargePeriodEnd": _moment(end),
        "ChargePeriodStart": _moment(start),
        "InvoiceIssuerName": "Amazon Web Services, Inc.",
        "ProviderName": "AWS",
        "PublisherName": "Amazon Web Services, Inc.",
    }


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _moment(day: date) -> str:
    return f"{day}T00:00:00Z"


if __name__ == "__main__":
    (Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FILE).write_bytes(sample_costs())
