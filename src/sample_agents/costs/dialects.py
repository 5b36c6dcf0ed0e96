"""How exports write FOCUS: versions, columns, services. Pure.

Columns by version: https://focus.finops.org/focus-specification/changelog/
"""

import tomllib
from collections.abc import Collection, Mapping
from importlib import resources

# What is read of an export, and the columns that hold it: of several, the first that has a value in a row counts.
# Oracle's report is of FOCUS 1.0's preview, with names of its own (Provider, Region, UsageQuantity); FOCUS 1.3 put
# ServiceProviderName in place of ProviderName; columns that begin with x_ are AWS's.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "currency": ("BillingCurrency",),
    "start_at": ("ChargePeriodStart",),
    "end_at": ("ChargePeriodEnd",),
    "effective": ("EffectiveCost",),
    "billed": ("BilledCost",),
    "list": ("ListCost",),
    "contracted": ("ContractedCost",),
    "quantity": ("ConsumedQuantity", "UsageQuantity"),
    "unit": ("ConsumedUnit", "UsageUnit"),
    "provider": ("ProviderName", "ServiceProviderName", "Provider", "HostProviderName"),
    "service": ("ServiceName", "x_ServiceCode"),
    "service_category": ("ServiceCategory",),
    "region": ("RegionId", "Region", "RegionName"),
    "region_name": ("RegionName",),
    "account": ("SubAccountId", "BillingAccountId"),
    "sub_account": ("SubAccountId",),
    "sub_account_name": ("SubAccountName",),
    "billing_account_name": ("BillingAccountName",),
    "account_type": ("SubAccountType",),
    "resource": ("ResourceId", "ResourceName"),
    "resource_name": ("ResourceName",),
    "charge_category": ("ChargeCategory",),
    "pricing_category": ("PricingCategory",),
    "commitment_id": ("CommitmentDiscountId",),
    "commitment_status": ("CommitmentDiscountStatus",),
    "commitment_type": ("CommitmentDiscountType",),
    "description": ("ChargeDescription",),
    # FOCUS 1.2 of AWS has in SkuMeter what its 1.0 had in x_UsageType:
    # https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-focus-1-2-migrating.html
    "usage_type": ("x_UsageType", "SkuMeter"),
    "tags": ("Tags",),
}
AMOUNTS = ("effective", "billed", "list", "contracted", "quantity")

_REQUIRED = ("BillingCurrency", "ChargePeriodStart", "ChargePeriodEnd", "ServiceName")
_COSTS = ("EffectiveCost", "BilledCost")  # at least one of them

# Columns that came with a version, newest first. FOCUS 1.3 has ProviderName beside its successor, 1.4 has not.
_VERSIONS = {
    "FOCUS 1.2": ("BillingAccountType", "InvoiceId", "PricingCurrency", "SubAccountType"),
    "FOCUS 1.1": (
        "CapacityReservationId",
        "CommitmentDiscountQuantity",
        "CommitmentDiscountUnit",
        "ServiceSubcategory",
        "SkuMeter",
        "SkuPriceDetails",
    ),
}

# What is billed under another service, by words (RE2) of the charge's usage type and description; where they are
# ambiguous, only of these services. The types of volumes, by which databases are billed, too:
# https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
_EC2, _VPC = "Amazon Elastic Compute Cloud", "Amazon Virtual Private Cloud"
PRODUCTS = (
    ("NAT Gateway", r"(?i)\bnat ?gateway", (_EC2, _VPC)),
    ("EBS", r"(?i)\b(gp2|gp3|io1|io2|st1|sc1)\b", ()),
    ("EBS", r"(?i)\b(ebs[: ]|snapshot data stored|magnetic provisioned storage|i/o requests)", (_EC2,)),
)


def services() -> Mapping[str, str]:
    """Other names of services, in small letters, each with the service's name."""
    text = (resources.files("sample_agents") / "data" / "services.toml").read_text(encoding="utf-8")
    return {
        other.strip().casefold(): name for name, others in tomllib.loads(text).items() for other in others.split(",")
    }


def column_key(name: str) -> str:
    """A column's name as it is compared: databases change its capitals, and put underscores between its words."""
    return name.replace("_", "").replace(" ", "").casefold()


def missing_columns(columns: Collection[str]) -> list[str]:
    """What an export with these columns lacks to be one, in words."""
    names = {column_key(column) for column in columns}
    missing = [column for column in _REQUIRED if column_key(column) not in names]
    if not any(column_key(column) in names for column in _COSTS):
        missing.append(" or ".join(_COSTS))
    return missing


def version_of(columns: Collection[str]) -> str:
    """The version of FOCUS that an export with these columns is of, as far as they tell."""
    names = {column_key(column) for column in columns}
    if "serviceprovidername" in names or "hostprovidername" in names:
        return "FOCUS 1.3" if "providername" in names else "FOCUS 1.4"
    if "provider" in names and "providername" not in names:
        return "the preview of FOCUS 1.0"
    for version, introduced in _VERSIONS.items():
        if any(column_key(column) in names for column in introduced):
            return version
    return "FOCUS 1.0"
