"""The cost agent: totals, breakdowns, comparisons and forecasts (`aws-cost-forecast-agent`)."""
