"""An export of three providers with tags, taxes, credits and refunds over 19 months, as no file of the cases has."""

import csv
from datetime import date, timedelta
from pathlib import Path

_FIRST, _END = date(2025, 1, 1), date(2026, 8, 1)
# provider, service, category, region, account, account's name, resource, tags, amount of a day in cents
_DAILY = [
    ("AWS", "Amazon Simple Storage Service", "Storage", "us-east-1", "111", "prod", "media", "payments", 1000),
    ("AWS", "Amazon Elastic Compute Cloud", "Compute", "eu-west-1", "111", "prod", "i-1", "search", 3000),
    ("AWS", "Amazon Elastic Compute Cloud", "Compute", "us-east-1", "222", "dev", "i-2", "", 700),
    ("Microsoft", "Virtual Machines", "Compute", "westeurope", "333", "azure-prod", "vm-1", "payments", 2100),
    ("Google Cloud", "BigQuery", "Analytics", "us-east1", "444", "data", "warehouse", "search", 1500),
]
_HEADER = [
    "BilledCost", "BillingCurrency", "ChargeCategory", "ChargeDescription", "ChargePeriodStart", "ChargePeriodEnd",
    "CommitmentDiscountStatus", "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "EffectiveCost", "ListCost",
    "PricingCategory", "ProviderName", "RegionId", "ResourceId", "ServiceCategory", "ServiceName", "SubAccountId",
    "SubAccountName", "Tags",
]  # fmt: skip


def write_rich_export(path: Path) -> None:
    """Write the export as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _HEADER)
        writer.writeheader()
        for number in range((_END - _FIRST).days):
            day = _FIRST + timedelta(days=number)
            for index, (provider, service, category, region, account, name, resource, team, cents) in enumerate(_DAILY):
                # Grows by a cent a day, and by another amount for each resource.
                amount = (cents + number * (index + 1)) / 100
                writer.writerow(
                    _row(day, 1, provider, amount)
                    | {
                        "RegionId": region, "ResourceId": resource, "ServiceCategory": category, "ServiceName": service,
                        "SubAccountId": account, "SubAccountName": name,
                        "ConsumedQuantity": "24", "ConsumedUnit": "Hours",
                        "Tags": f'{{"team": "{team}"}}' if team else "",
                    }
                )  # fmt: skip
            if day.day == 1:
                for kind, amount in (("Tax", 55.5), ("Credit", -20.25), ("Refund", -3.75)):
                    usual = {"ServiceName": "Amazon Elastic Compute Cloud", "ServiceCategory": "Compute"}
                    writer.writerow(
                        _row(day, 1, "AWS", amount) | usual | {"ChargeCategory": kind, "PricingCategory": ""}
                    )


def _row(day: date, days: int, provider: str, amount: float) -> dict[str, str]:
    return {
        "BilledCost": f"{amount * 1.1:.4f}", "BillingCurrency": "USD", "ChargeCategory": "Usage",
        "ChargeDescription": "usage",
        "ChargePeriodStart": f"{day}T00:00:00Z", "ChargePeriodEnd": f"{day + timedelta(days=days)}T00:00:00Z",
        "ContractedCost": f"{amount * 1.2:.4f}", "EffectiveCost": f"{amount:.2f}", "ListCost": f"{amount * 1.5:.4f}",
        "PricingCategory": "Standard", "ProviderName": provider, "SubAccountId": "111", "SubAccountName": "prod",
    }  # fmt: skip
