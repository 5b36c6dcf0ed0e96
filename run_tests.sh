#!/usr/bin/env bash
# Every check there is, and what they need on a bare machine with Python 3.11 to 3.14.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly ROOT

source "$ROOT/ops/python_environment.sh"
source "$ROOT/tests/installations.sh"
source "$ROOT/tests/lanes.sh"

readonly PARTS=(lint scan unit packaging local_cloud security runbook browser faults)

usage() {
    cat <<USAGE
Usage: ./run_tests.sh [PART ...] [--minutes N] [--seed N] [-- PYTEST-OPTION ...]

Sets up .venv and runs every check, or only the named parts:

  lint         ruff, mypy (strict on src, client, ops and benchmarks), shellcheck; biome and tsc on the web client
  scan         cfn-lint with all rules, checkov, a search for secrets, and the table of third parties' licences; what is
               waived stands with its reason in .cfnlintrc, .checkov.yaml and tests/scan/test_scanners.py
  unit         every module by itself; those of the web client too (vitest), except with options for pytest
  packaging    the Lambda packages: same bytes twice, nothing missing, nothing too much
  local_cloud  deploy.sh, run_local.sh, and journeys over a real WebSocket against the deployed stack with IAM enforced
  security     attacks on a deployed stack, generated frames, each permission taken away, and what happens without a
               control
  runbook      the commands of docs/WEBSOCKET_DEPLOYMENT_GUIDE.md and of the documents that it names, in their order, against
               a local cloud; prints each and how it ended
  browser      the web client in a real browser (Chromium, which is installed where it is missing): every state, journeys
               against a deployed stack, hostile answers. -- --screenshots DIR takes a picture of each state
  faults       a proxy that breaks calls, workers that are killed, clients that vanish, and a checker over the recorded
               history. --minutes N goes on with random schedules for so long, and --seed N repeats a run whose seed was
               printed

What follows -- goes to pytest, as in: ./run_tests.sh unit -- -k routing. Nothing of AWS is touched: the tests start a
local cloud of their own and end it. Exit status: 0 all passed, 1 something failed, 2 a mistake in the command line.
USAGE
}

main() {
    read_options "$@"
    ensure_python_environment requirements-dev.txt requirements.txt
    # A function's validators are made from the contract, here as in the packages.
    "$VENV/bin/python" "$ROOT/contract/compile_validators.py"
    cd "$ROOT"
    # Nothing of the caller's AWS configuration reaches the tests.
    unset "${!AWS_@}"
    ! is_chosen scan || ensure_scanners
    # The runbook has Node.js programs among its commands, the others use the web client's packages.
    ! is_chosen lint unit local_cloud browser runbook || check_npm
    ! is_chosen browser || ensure_chromium
    run_chosen_tests
}

read_options() {
    CHOSEN=() PYTEST_OPTIONS=() IS_FOR_PYTEST=''
    while (($# > 0)); do
        case $1 in
            --help | -h) usage; exit 0 ;;
            --) shift; PYTEST_OPTIONS+=("$@") IS_FOR_PYTEST=yes; break ;;
            --minutes | --seed)
                [[ ${2:-} =~ ^[0-9]+$ ]] || misused "$1 needs a whole number."
                PYTEST_OPTIONS+=("$1" "$2")
                shift
                ;;
            lint | scan | unit | packaging | local_cloud | security | runbook | browser | faults) CHOSEN+=("$1") ;;
            *) misused "There is no part $1. The parts are: ${PARTS[*]}." ;;
        esac
        shift
    done
    ((${#CHOSEN[@]} > 0)) || CHOSEN=("${PARTS[@]}")
}

# Whether one of these parts is.
is_chosen() {
    local part
    for part in "$@"; do
        [[ " ${CHOSEN[*]} " != *" $part "* ]] || return 0
    done
    return 1
}

# Lanes of tests, each with a local cloud of its own where it needs one: their tests mostly wait, for workers that start
# anew and for leases.
run_chosen_tests() {
    local part offline='' pages='' journeys='' attacks='' faults='' lanes=()
    for part in "${CHOSEN[@]}"; do
        case $part in
            lint) ;;
            browser) pages+=" tests/$part" ;;
            local_cloud) journeys+=" tests/$part" ;;
            # What goes beside something else goes where the lanes then end together.
            runbook | packaging) attacks+=" tests/$part" ;;
            security) attacks+=" tests/$part" faults+=' tests/frames' ;;
            faults) faults+=" tests/$part" ;;
            *) offline+=" tests/$part" ;;
        esac
    done
    ! is_chosen lint || lanes+=(lint)
    if is_chosen lint || tests_web_client; then lanes+=(check_web_client); fi
    for part in "$offline" "$pages" "$journeys" "$attacks" "$faults"; do
        [[ -z $part ]] || lanes+=("run_pytest$part")
    done
    run_lanes "${lanes[@]}"
    judge_lanes
}

judge_lanes() {
    local status failed='' passed=''
    for status in "${LANE_STATUSES[@]}"; do
        case $status in
            0) passed=yes ;;
            # pytest has selected nothing, which an option such as -k may well have it do in some lanes.
            5) ((${#PYTEST_OPTIONS[@]} > 0)) || failed=yes ;;
            *) failed=yes ;;
        esac
    done
    [[ -z $failed ]] || fail "Something has failed; see above."
    [[ -n $passed ]] || fail "No test was selected."
}

run_pytest() {
    heading "Testing $*"
    "$VENV/bin/python" -m pytest "$@" ${PYTEST_OPTIONS[@]+"${PYTEST_OPTIONS[@]}"}
}

# Goes on after a finding, so that one run shows them all.
lint() {
    local failed=''
    heading "Linting"
    check ruff check . || failed=yes
    check ruff format --check --quiet . || failed=yes
    check mypy || failed=yes
    check shellcheck --external-sources ./*.sh ops/*.sh benchmarks/*.sh tests/*.sh .ci/run || failed=yes
    [[ -z $failed ]] || fail "The findings above must be mended first."
}

# Installs its packages too, so that no lane has to wait for them that needs none.
check_web_client() {
    local failed=''
    heading "Checking the web client"
    PYTHONPATH=$ROOT/ops "$VENV/bin/python" -P -m finops_operations.frontend.packages
    ! is_chosen lint || npm --prefix finops-ui run --silent check || failed=yes
    ! tests_web_client || npm --prefix finops-ui run --silent test || failed=yes
    [[ -z $failed ]] || fail "The findings above must be mended first."
}

tests_web_client() {
    is_chosen unit && [[ -z $IS_FOR_PYTEST ]]
}

check() {
    say "$*"
    "$VENV/bin/$1" "${@:2}" >&2
}

main "$@"
