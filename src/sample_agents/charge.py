"""One charge: the columns of a FOCUS row that the agents use. Pure."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class Charge(NamedTuple):
    """A row of the export, its cells parsed; empty and `NULL` cells are empty strings.

    Columns: https://focus.finops.org/focus-specification/v1-2/
    """

    start: datetime  # ChargePeriodStart, UTC, included
    end: datetime  # ChargePeriodEnd, UTC, excluded
    currency: str  # BillingCurrency
    cost: Decimal  # EffectiveCost
    list_cost: Decimal  # ListCost; zero if the export has none
    category: str  # ChargeCategory: Usage, Purchase, Tax, Credit, Adjustment
    description: str  # ChargeDescription
    pricing: str  # PricingCategory: Standard, Dynamic, Committed, Other
    commitment: str  # CommitmentDiscountStatus: Used, Unused
    unit: str  # ConsumedUnit
    provider: str  # ProviderName
    service: str  # ServiceName
    region: str  # RegionId, else RegionName
    region_name: str  # RegionName
    account: str  # SubAccountId, else BillingAccountId
    account_name: str  # the account's name
    tagged: bool  # False only for usage whose Tags cell is empty
