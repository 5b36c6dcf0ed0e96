#!/usr/bin/env bash
# Every check there is, and what they need on a bare machine with python3.11.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly ROOT

source "$ROOT/scripts/messages.sh"
source "$ROOT/scripts/python_environment.sh"
source "$ROOT/scripts/scanners.sh"
source "$ROOT/scripts/node_packages.sh"
source "$ROOT/scripts/chromium.sh"

readonly PARTS=(lint scan unit packaging local_cloud security browser faults)

usage() {
    cat <<USAGE
Usage: ./run_tests.sh [PART ...] [--minutes N] [--seed N] [-- PYTEST-OPTION ...]

Sets up .venv and runs every check, or only the named parts:

  lint         ruff, mypy (strict on src and client), shellcheck
  scan         cfn-lint with all rules, checkov, cfn-guard with the rules of AWS Control Tower, bandit, a search for
               secrets; prints what is waived and why
  unit         every module by itself
  packaging    the Lambda packages: same bytes twice, nothing missing, nothing too much
  local_cloud  deploy.sh, run_local.sh, and journeys over a real WebSocket against the deployed stack with IAM enforced
  security     attacks on a deployed stack, generated frames, each permission taken away, and what happens without a
               control; prints each attack and how it ended
  browser      hostile answers in a real browser (Chromium, which is installed where it is missing)
  faults       a proxy that breaks calls, workers that are killed, clients that vanish, and a checker over the recorded
               history; prints the table of faults. --minutes N goes on with random schedules for so long, and --seed N
               repeats a run whose seed was printed

What follows -- goes to pytest, as in: ./run_tests.sh unit -- -k routing. Nothing of AWS is touched: the tests start a
local cloud of their own and end it. Exit status: 0 all passed, 1 something failed, 2 a mistake in the command line.
USAGE
}

main() {
    read_options "$@"
    ensure_python_environment requirements.txt
    ensure_python_environment requirements-dev.txt
    # A function's validators are made from the contract, here as in the packages.
    "$VENV/bin/python" "$ROOT/tools/compile_contract.py"
    cd "$ROOT"
    local part
    for part in "${CHOSEN[@]}"; do
        [[ $part != lint ]] || lint
        [[ $part != scan ]] || scan
        [[ $part != browser ]] || ensure_browser
    done
    run_pytest
}

read_options() {
    CHOSEN=() PYTEST_OPTIONS=()
    while (($# > 0)); do
        case $1 in
            --help | -h) usage; exit 0 ;;
            --) shift; PYTEST_OPTIONS+=("$@"); break ;;
            --minutes | --seed)
                [[ ${2:-} =~ ^[0-9]+$ ]] || misused "$1 needs a whole number."
                PYTEST_OPTIONS+=("$1" "$2")
                shift
                ;;
            lint | scan | unit | packaging | local_cloud | security | browser | faults) CHOSEN+=("$1") ;;
            *) misused "There is no part $1. The parts are: ${PARTS[*]}." ;;
        esac
        shift
    done
    ((${#CHOSEN[@]} > 0)) || CHOSEN=("${PARTS[@]}")
}

# Goes on after a finding, so that one run shows them all.
lint() {
    local failed=''
    heading "Linting"
    check ruff check . || failed=yes
    check ruff format --check --quiet . || failed=yes
    check mypy || failed=yes
    check shellcheck --external-sources ./*.sh scripts/*.sh .ci/run || failed=yes
    [[ -z $failed ]] || fail "The findings above must be mended first."
}

ensure_browser() {
    ensure_chromium
    ensure_node_packages
}

check() {
    say "$*"
    "$VENV/bin/$1" "${@:2}" >&2
}

# Two lanes side by side, each with a local cloud of its own: their tests mostly wait, for workers that start anew, for
# leases, for browsers. What the second prints follows what the first has.
run_pytest() {
    local part name first=() second=()
    for part in "${CHOSEN[@]}"; do
        case $part in
            lint | scan) ;;
            faults | security | browser) second+=("tests/$part") ;;
            *) first+=("tests/$part") ;;
        esac
    done
    [[ ${CHOSEN[*]} != *scan* ]] || first+=(tests/scan)
    # Nothing of the caller's AWS configuration reaches the tests.
    for name in $(compgen -e AWS_); do
        unset "$name"
    done
    if ((${#second[@]} == 0)); then
        ((${#first[@]} == 0)) || pytest "${first[@]}"
    elif ((${#first[@]} == 0)); then
        pytest "${second[@]}"
    else
        pytest_in_two_lanes
    fi
}

# Uses run_pytest's variables.
pytest_in_two_lanes() {
    local failed=''
    LANE_OUTPUT=$(mktemp)
    trap end_lane EXIT
    pytest "${second[@]}" >"$LANE_OUTPUT" 2>&1 &
    LANE=$!
    pytest "${first[@]}" || failed=yes
    say "Waiting for the other lane: ${second[*]}"
    wait "$LANE" || failed=yes
    LANE=''
    cat "$LANE_OUTPUT"
    [[ -z $failed ]] || fail "Tests have failed; see above."
}

end_lane() {
    [[ -z $LANE ]] || kill "$LANE" 2>/dev/null || true
    rm -f "$LANE_OUTPUT"
}

pytest() {
    heading "Testing $*"
    local status=0
    "$VENV/bin/python" -m pytest "$@" ${PYTEST_OPTIONS[@]+"${PYTEST_OPTIONS[@]}"} || status=$?
    # 5: nothing was selected, which an option such as -k may well do to one of two lanes.
    ((status == 0)) || [[ $status == 5 && ${#PYTEST_OPTIONS[@]} -gt 0 ]]
}

main "$@"
