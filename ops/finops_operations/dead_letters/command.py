"""What failed for good: listed, replayed, discarded."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from finops_operations.command_line import DONE, FAILED, run, session_of, stack_parser
from finops_operations.dead_letters.letters import DeadLetters, Letter, NotDone, StoredJob
from finops_operations.dead_letters.listing import Listing
from finops_operations.dead_letters.queue import MOST_HELD, OFF, ON, DeadMessage
from finops_operations.errors import OperationFailed
from finops_operations.operator_messages import say, warn
from finops_operations.waiting import Clock

# The contract's bound of a job's id. A message's is shorter.
_LONGEST_ID = 128

_DESCRIPTION = """\
Lists what failed for good, and replays or discards it: jobs whose message failed as often as the queue gives it, and
messages that lie in the dead-letter queue.

  list      both (the default). Reads the whole jobs table, as there is no index of failed jobs.
  replay    asks a job's question once more, as a new job of its user: the old one keeps its end. Once, however often
            you ask. A message of an unfinished job goes back to the processing queue. A tab that is open sees the
            new job after its next sign-in, or in list_jobs; with AuthMode=open nobody is told of it, and you must
            pass its id on.
  discard   takes a job off this list (it stays failed), and deletes a message. Asks before it does.
  pause     stops the background processor from reading the dead-letter queue. It hides what it cannot use; that can be
            listed 16 minutes later.
  resume    lets it read again. Do not forget it: jobs that die meanwhile are not ended.
"""


def main(
    arguments: Sequence[str] | None = None,
    session: Callable[[argparse.Namespace], boto3.Session] = session_of,
    clock: Clock | None = None,
) -> int:
    """Run the operation and return its exit status."""
    options = _options_of(arguments)
    verbs = {"list": _list, "replay": _replay, "discard": _discard, "pause": _pause, "resume": _resume}
    return verbs[options.verb](options, DeadLetters(session(options), options.stack_name, clock or Clock()))


def _options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = stack_parser("ops/dead_letters.sh", _DESCRIPTION)
    add = parser.add_argument
    add("verb", nargs="?", default="list", choices=("list", "replay", "discard", "pause", "resume"))
    add("ids", nargs="*", metavar="ID", type=_id, help="of a job or a message, as listed")
    add("--all", action="store_true", help="all that are listed (replay, discard)")
    add("--yes", action="store_true", help="do not ask (discard)")
    add("--json", action="store_true", help="JSON instead of tables (list)")
    add("--show-bodies", action="store_true", help="messages' bodies too, which may hold anything (list)")
    options = parser.parse_intermixed_args(arguments)
    if complaint := _complaint(options):
        parser.error(complaint)
    return options


def _complaint(options: argparse.Namespace) -> str | None:
    changes = options.verb in {"replay", "discard"}
    if changes and options.all == bool(options.ids):
        return f"{options.verb} needs the ids of jobs or messages, or --all"
    if not changes and (options.ids or options.all):
        return f"{options.verb} takes no ids and no --all"
    if options.verb != "list" and (options.json or options.show_bodies):
        return "--json and --show-bodies belong to list"
    if options.verb != "discard" and options.yes:
        return "--yes belongs to discard"
    if options.verb == "discard" and not options.yes and not sys.stdin.isatty():
        return "nobody can be asked here, as standard input is no terminal: add --yes to discard without being asked"
    return None


def _id(text: str) -> str:
    if not (0 < len(text) <= _LONGEST_ID and text.isascii() and text.isprintable()):
        raise argparse.ArgumentTypeError(f"{text!a} is no id of a job or a message; copy one from the list")
    return text


def _list(options: argparse.Namespace, letters: DeadLetters) -> int:
    state = letters.queue.look()
    with letters.chosen([]) as (jobs, messages):
        listing = Listing(jobs, messages, state)
    if options.json:
        print(listing.to_json(with_bodies=options.show_bodies))  # noqa: T201 - a command's own output
    else:
        listing.print(Console(), _command(options), letters.queue.way_back, with_bodies=options.show_bodies)
    if len(messages) >= MOST_HELD:
        warn(f"There may be more messages: at most {MOST_HELD:,} are looked at.")
    return DONE


def _replay(options: argparse.Namespace, letters: DeadLetters) -> int:
    with letters.chosen(options.ids) as (jobs, messages):
        readable = [message for message in messages if not options.all or message.job_id is not None]
        if len(readable) < len(messages):
            warn(f"{len(messages) - len(readable)} of the messages name no job. They can be discarded.")
        if not (jobs or readable):
            say("There is nothing to replay.")
        if jobs and letters.is_open:
            warn("With AuthMode=open nobody is told of a new job: pass its id on to whoever asked.")
        # Messages first: they are held for five minutes only, and a job may have to wait.
        status = _each([*readable, *jobs], letters.replay)
        if jobs and letters.is_open:
            warn("Pass the new ids on now: a page gets such a job by its id only (resume_job).")
        elif jobs:
            say("A tab that is open sees its new job after its next sign-in, or in list_jobs.")
    return status


def _discard(options: argparse.Namespace, letters: DeadLetters) -> int:
    with letters.chosen(options.ids) as (jobs, messages):
        if not (jobs or messages):
            say("There is nothing to discard.")
        elif not options.yes and not _is_confirmed(jobs, messages):
            say("Nothing was discarded.")
            return FAILED
        return _each([*jobs, *messages], letters.discard)


def _is_confirmed(jobs: Sequence[StoredJob], messages: Sequence[DeadMessage]) -> bool:
    for job in jobs:
        say(f"{job}")
    for message in messages:
        say(f"{message}, {'which names no job' if message.job_id is None else 'which names a job'}")
    number = len(jobs) + len(messages)
    print(f"Discard {number:,}? A message cannot be had back. [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _each(letters: Sequence[Letter], change: Callable[[Letter], str]) -> int:
    """Change letters one after another. What is done is said on stdout, what is not on stderr."""
    status = DONE
    for number, letter in enumerate(letters, start=1):
        try:
            print(change(letter))  # noqa: T201 - a command's own output
        except NotDone as reason:
            status = FAILED
            print(f"Not done: {letter}. {reason}", file=sys.stderr)  # noqa: T201
        except (OperationFailed, ClientError, BotoCoreError):
            left = ", ".join(map(str, letters[number:]))
            not_reached = f" Not reached: {left}." if left else ""
            stopped = f"Stopped at {letter}, which may be done or not.{not_reached} Run the same again."
            print(stopped, file=sys.stderr)  # noqa: T201
            raise
    return status


def _pause(options: argparse.Namespace, letters: DeadLetters) -> int:
    state = letters.queue.switch_reader(OFF)
    since = datetime.fromtimestamp(state.since, UTC).strftime("%Y-%m-%d %H:%M")
    print(f"The background processor does not read the dead-letter queue, since {since} UTC.")  # noqa: T201
    say(f"Hidden now: {state.hidden}. They can be listed within {state.hidden_minutes} minutes.")
    warn("Alarms that wait for it (failed-jobs, unreadable-dead-letters) may be silent while nothing reads the queue.")
    warn(f"Jobs that die meanwhile are not ended. When you are done: {_command(options)} resume")
    return DONE


def _resume(_options: argparse.Namespace, letters: DeadLetters) -> int:
    letters.queue.switch_reader(ON)
    print("The background processor reads the dead-letter queue.")  # noqa: T201 - a command's own output
    return DONE


def _command(options: argparse.Namespace) -> str:
    return f"ops/dead_letters.sh --stack-name {options.stack_name} --region {options.region}"


if __name__ == "__main__":
    sys.exit(run(main))
