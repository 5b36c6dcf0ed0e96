"""Checks a cost export before it is deployed: prints one line about it, or what is wrong."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sample_agents.costs import Dimension
from sample_agents.errors import CostDataError
from sample_agents.focus_export import read_costs
from sample_agents.months import Period
from sample_agents.writing import count, money


def main(arguments: Sequence[str]) -> int:
    """Check the file that is the only argument; returns the exit code: 1 for a file that is no export."""
    parser = argparse.ArgumentParser(prog="python -m sample_agents.check_costs")
    parser.add_argument("path", metavar="FILE", type=Path, help="FOCUS 1.0 to 1.2, CSV or gzip of it")
    path = parser.parse_args(arguments).path
    try:
        with path.open("rb") as stream:
            costs = read_costs(stream)
    except (CostDataError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        sys.stderr.write(f"{path}: {reason}\n")
        return 1
    calendar = costs.calendar
    months = len(Period(calendar.first, calendar.newest))
    partial = f", partial: {', '.join(map(str, sorted(calendar.partial)))}" if calendar.partial else ""
    providers = costs.values(Dimension.PROVIDER)
    totals = (money(part.total(), currency) for currency, part in costs.by_currency().items())
    sys.stdout.write(
        f"{path}: {costs.rows:,} rows, {calendar} ({count(months, 'month')}{partial}), "
        f"{count(len(providers), 'provider')} ({', '.join(providers)}), "
        f"{count(len(costs.values(Dimension.SERVICE)), 'service')}, total {', '.join(totals)} (EffectiveCost)\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
