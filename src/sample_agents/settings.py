"""What a deployment sets: read once, from the environment, so that a wrong value fails when the function starts."""

import os

from sample_agents.costs.source import cost_source


def month_of(setting: str) -> int | None:
    """The month, 1 to 12, in which a fiscal year begins; None if that is not said. Raises ValueError for another."""
    if not setting.strip():
        return None
    if setting.strip() not in {str(month) for month in range(1, 13)}:
        raise ValueError(f"FISCAL_YEAR_START_MONTH must be a month from 1 to 12, not {setting!r}.")
    return int(setting)


configured_costs = cost_source(os.environ.get("COSTS_S3_URI", ""))
fiscal_year_start = month_of(os.environ.get("FISCAL_YEAR_START_MONTH", ""))
