"""Checks a cost export before it is deployed: `python -m sample_agents.check_costs FILE`.

Prints one line about it and exits 0, or says on standard error what is wrong and exits 1 (2: wrong usage).
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from sample_agents.costs import Costs, add_up
from sample_agents.errors import CostDataError
from sample_agents.focus_export import Dimension, read_charges
from sample_agents.months import Period
from sample_agents.writing import count, money

_USAGE = "usage: python -m sample_agents.check_costs FILE    (FOCUS 1.0 to 1.2, CSV or gzip of it)"


def main(arguments: Sequence[str]) -> int:
    """Check the file that is the only argument; returns the exit code."""
    if arguments in (["-h"], ["--help"]):
        sys.stdout.write(f"{_USAGE}\n")
        return 0
    if len(arguments) != 1:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    path = Path(arguments[0])
    try:
        with path.open("rb") as stream:
            costs = add_up(read_charges(stream))
    except (CostDataError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        sys.stderr.write(f"{path}: {reason}\n")
        return 1
    sys.stdout.write(f"{path}: {_summary(costs)}\n")
    return 0


def _summary(costs: Costs) -> str:
    """Rows, months, providers, services and totals in one line."""
    calendar = costs.calendar
    months = len(Period(calendar.first, calendar.newest))
    partial = f", partial: {', '.join(map(str, sorted(calendar.partial)))}" if calendar.partial else ""
    providers = costs.values(Dimension.PROVIDER)
    services = costs.values(Dimension.SERVICE)
    totals = ", ".join(money(costs.total(currency, {}), currency) for currency in costs.currencies())
    return (
        f"{costs.rows:,} rows, {calendar} ({count(months, 'month')}{partial}), "
        f"{count(len(providers), 'provider')} ({', '.join(providers)}), "
        f"{count(len(services), 'service')}, total {totals} (EffectiveCost)"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
