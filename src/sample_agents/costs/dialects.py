"""How exports write FOCUS: versions, columns, services. Pure.

Columns of FOCUS 1.0 to 1.4: https://focus.finops.org/focus-specification/
"""

from collections.abc import Collection, Mapping

# What is read of an export, and the columns that hold it: the first that a row has a value in counts. Oracle's report
# is of the preview of FOCUS 1.0, with names of its own; FOCUS 1.3 replaced ProviderName.
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
    "service": ("ServiceName",),
    "service_category": ("ServiceCategory",),
    "region": ("RegionId", "RegionName", "Region"),
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
    "tags": ("Tags",),
}
REQUIRED_COLUMNS = ("BillingCurrency", "ChargePeriodStart", "ChargePeriodEnd", "ServiceName")
COST_COLUMNS = ("EffectiveCost", "BilledCost")  # at least one of them

# Codes and short names of services, and the name that FOCUS exports of the provider give: one service.
SERVICES: Mapping[str, str] = {
    "AmazonEC2": "Amazon Elastic Compute Cloud",
    "AmazonS3": "Amazon Simple Storage Service",
    "AmazonRDS": "Amazon Relational Database Service",
    "AWSLambda": "AWS Lambda",
    "AmazonDynamoDB": "Amazon DynamoDB",
}

# Products that are billed under another service, by patterns (RE2) of the charge's description.
PRODUCTS: Mapping[str, str] = {
    "NAT Gateway": r"(?i)\bnat ?gateway",
    "EBS": r"(?i)\b(gp2|gp3|io1|io2|st1|sc1|EBS)\b",
}


def missing_columns(columns: Collection[str]) -> list[str]:
    """What an export with these columns lacks to be one, in words."""
    names = {column.strip().casefold() for column in columns}
    missing = [column for column in REQUIRED_COLUMNS if column.casefold() not in names]
    if not any(column.casefold() in names for column in COST_COLUMNS):
        missing.append(" or ".join(COST_COLUMNS))
    return missing
