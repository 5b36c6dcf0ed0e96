#!/usr/bin/env bash
# The main job on this machine: a local cloud, the stack, the agents, and a question answered. No AWS account.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly ROOT

source "$ROOT/ops/python_environment.sh"

usage() {
    cat <<'USAGE'
Usage: ./run_local.sh [options]

Runs everything on this machine: a local cloud on loopback, with IAM enforced, the stack that ./deploy.sh deploys to
AWS, and two sample agents that answer from a cost export. Asks one question to show that it works, serves the web
client, and stays until Ctrl-C, which leaves nothing running. Needs Python 3.11 to 3.14 with venv, and for the web
client Node.js 20.19 or newer with npm; everything else is installed into .venv and finops-ui/node_modules.

  --ask "QUESTION"     Ask, print progress and answer, and end. Uses what runs and leaves it running; what was not
                       running is started for the question and stopped after it, unless --detach is given.
  --detach             Return when everything runs, and leave it running.
  --stop               Stop what --detach left running.
  --port N             Port of the local cloud. Default: 4566.
  --page-port N        Port of the web client. Default: 5173, or the next one that is free.
  --auth cognito|open  Who may ask. cognito (default): the user testuser, with a signed token. open: anybody.
  --costs FILE ...     Let the agents answer from your own cost exports: files, or folders of them, also as AWS Data
                       Exports delivers. FOCUS 1.0 to 1.4; CSV, gzip of it, or Parquet.
  --focus-export S3-URI  From the export that AWS Data Exports delivers below this s3://bucket/prefix: its newest files
                       are fetched with your AWS credentials, and nothing else is done in your account.
  --fiscal-year-start M  Month, such as 4 or April, in which your fiscal year begins.
  --help               Show this help.

What runs is described in .local/stack.env, one KEY=value a line. Exit status: 0 all went well, 1 something did not
(it says what), 2 a mistake in the command line, 130 interrupted; with --ask also those of .venv/bin/ask.
USAGE
}

# The steps, as ops/finops_operations/local_run has them:
#
#   start the local cloud    one process, in a group of its own; what runs already is used
#   build the packages       ./build_packages.sh, where they are not of these very sources
#   deploy                   ./deploy.sh, with two sample agents
#   describe it              .local/stack.env, with a user who may ask
#   ask                      .venv/bin/ask
#   serve the web client     where the stack stays: npm run build, on loopback, with the headers that Amplify sends
#   stay, and end it all     Ctrl-C, or the end of the question; --stop for what --detach left
main() {
    check_options "$@"
    ensure_python_environment requirements.txt
    PYTHONPATH=$ROOT/ops:$ROOT/src exec "$VENV/bin/python" -P -m finops_operations.local_run "$@"
}

# Before anything is installed.
check_options() {
    local costs=''
    while (($# > 0)); do
        case $1 in
            --detach | --stop) shift; continue ;;
            --help | -h) usage; exit 0 ;;
            --ask | --port | --page-port | --auth | --costs | --focus-export | --fiscal-year-start)
                [[ -n ${2:-} ]] || misused "$1 needs a value." ;;
            *) misused "There is no option $1." ;;
        esac
        case $1 in
            --port | --page-port) [[ $2 =~ ^[1-9][0-9]{0,4}$ && $2 -le 65535 ]] ||
                misused "$1 needs a number from 1 to 65535, not $2." ;;
            --costs | --focus-export)
                [[ -z $costs || $costs == "$1" ]] || misused "--costs and --focus-export both say where costs come from."
                costs=$1
                [[ $1 == --costs || $2 == s3://?*/?* ]] ||
                    misused "--focus-export needs s3://BUCKET/PREFIX, not $2."
                # Of files there may be several.
                while [[ $costs == --costs && -n ${3:-} && $3 != --* ]]; do shift; done ;;
            --auth) [[ $2 =~ ^(cognito|open)$ ]] || misused "--auth needs cognito or open, not $2." ;;
        esac
        shift 2
    done
}

main "$@"
