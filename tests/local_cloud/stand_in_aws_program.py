"""What a test's stand-in for the aws program runs: `python stand_in_aws_program.py HOME ARGUMENT...`.

It notes the call, and answers what HOME has for the command. Buckets are folders of HOME/buckets.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

HOME = Path(sys.argv[1])
BUCKETS = HOME / "buckets"


def main(arguments: list[str]) -> int:
    with (HOME / "calls").open("a") as calls:
        calls.write(json.dumps(arguments) + "\n")
    while arguments[0].startswith("--"):
        del arguments[:2]
    command = " ".join(arguments[:2])
    if path := prepared(command, arguments):
        return answer(path)
    if command == "s3 cp":
        return copy(arguments[2], arguments[3], arguments[4:])
    if (
        command == "s3api head-object"
        and not (BUCKETS / option(arguments, "bucket") / option(arguments, "key")).exists()
    ):
        return missing("HeadObject")
    return 0


def prepared(command: str, arguments: list[str]) -> Path | None:
    """The file that a test has written for the command; first one for a call with certain arguments."""
    of_arguments = {f"{command} about {argument}.json".replace("/", "%") for argument in arguments}
    for path in HOME.glob(f"{command} about *.json"):
        if path.name in of_arguments:
            return path
    path = HOME / f"{command}.json"
    return path if path.exists() else None


def answer(path: Path) -> int:
    answers = json.loads(path.read_text())
    if len(answers) > 1:
        path.write_text(json.dumps(answers[1:]))
    output, error, status = answers[0]
    sys.stdout.write(output)
    sys.stderr.write(error)
    return int(status)


def copy(source: str, target: str, options: list[str]) -> int:
    begin, end = located(source), located(target)
    if "--recursive" not in options:
        files = [(begin, end)]
    else:
        # The filter that comes last counts, and here that is --include.
        left_out, wanted = option(options, "exclude"), option(options, "include")
        files = [
            (path, end / name) for path, name in below(begin) if fnmatch(name, wanted) or not fnmatch(name, left_out)
        ]
    for path, copied in files:
        if not path.exists():
            return missing()
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    return 0


def below(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files of a folder, and their names in it."""
    return ((path, path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file())


def located(address: str) -> Path:
    return BUCKETS / address.removeprefix("s3://") if address.startswith("s3://") else Path(address)


def option(arguments: list[str], name: str) -> str:
    return arguments[arguments.index(f"--{name}") + 1] if f"--{name}" in arguments else ""


def missing() -> int:
    sys.stderr.write("\nAn error occurred (404) when calling the HeadObject operation: Not Found\n")
    return 254


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:]))
