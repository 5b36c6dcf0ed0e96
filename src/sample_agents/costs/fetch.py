"""Downloads a cost export from S3, as the agents read it: `python -m sample_agents.costs.fetch S3-URI FOLDER`."""

import sys
from pathlib import Path

from sample_agents.costs.source import S3Place, fetched
from sample_agents.errors import CostDataError


def main(uri: str, folder: str) -> int:
    """Leave the newest delivery's files, and no others, in the folder; the exit status is 1 if there are none."""
    try:
        place = S3Place(f"{uri.rstrip('/')}/")
        fetched(place, place.newest(), Path(folder))
    except (CostDataError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
