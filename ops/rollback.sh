#!/usr/bin/env bash
# Lists what was deployed, and goes back to it.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly ROOT

source "$ROOT/scripts/messages.sh"
source "$ROOT/scripts/aws_cli.sh"
source "$ROOT/scripts/stack_description.sh"
source "$ROOT/scripts/stack_parameters.sh"
source "$ROOT/scripts/deployment_checks.sh"
source "$ROOT/scripts/change_set.sh"
source "$ROOT/scripts/stack_events.sh"
source "$ROOT/scripts/package_upload.sh"
source "$ROOT/scripts/deployed_functions.sh"
source "$ROOT/scripts/releases.sh"
source "$ROOT/scripts/release_return.sh"
source "$ROOT/scripts/deployment_alarms.sh"
source "$ROOT/scripts/endpoint_verification.sh"

usage() {
    cat <<'USAGE'
Usage: ops/rollback.sh [--list]
       ops/rollback.sh --to previous|RELEASE [options]

Lists the releases that ./deploy.sh has recorded, or makes the stack again what it was in one of them: packages,
template and parameters together, as an update of the stack. Jobs, answers and users stay. At three in the morning:

  ops/rollback.sh --to previous

  --to previous          the release before the one that runs, without those that failed their verification or were gone
                         back from (withdrawn)
  --to RELEASE           any release of the list
  --list                 list the releases, the newest first (the default)
  --dry-run              show what would change, and change nothing
  --allow-data-loss      go back even if a table, a queue, a user pool or the API is removed or made anew
  --no-verify            do not ask the endpoint afterwards
  --stack-name NAME      default: STACK_NAME, then finops-websocket-api
  --region NAME          default: AWS_REGION, then AWS_DEFAULT_REGION, then us-east-1
  --timeout-minutes N    how long to wait for CloudFormation; default: TIMEOUT_MINUTES, then 30
  --help                 show this help

The list, or the id of the release that runs, goes to stdout, everything else to stderr. AWS_ENDPOINT_URL, AWS_CLI and
PYTHON are read as by ./deploy.sh. Exit status: 0 done and verified, 1 not done or not verified, 2 a mistake in the
command line, 130 interrupted.
USAGE
}

main() {
    read_options "$@"
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK" "$AWS_CLI_ERRORS"' EXIT
    trap end_early INT TERM
    heading "Checking"
    check_everything
    DEADLINE=$((SECONDS + TIMEOUT_MINUTES * 60))
    read_releases
    read_deployed
    CURRENT=$(release_with "$FINGERPRINT")
    if [[ -z $TO ]]; then
        list_releases
        return
    fi
    choose_release
    fetch_release "$TARGET"
    note_quiet_alarms "$(stack_value Parameter ProjectName)"
    [[ -n $CURRENT || -n $DRY_RUN ]] || keep_what_is_left
    return_to_release "$TARGET"
    [[ -z $DRY_RUN ]] || return 0
    describe_stack "$STACK_NAME"
    if [[ -z $NO_VERIFY ]]; then
        verify_stack
        [[ -z $UNVERIFIED ]] || fail "Release $TARGET runs, but: $UNVERIFIED Others to go back to: ops/rollback.sh --list"
    fi
    if [[ $(release_value "$TARGET" status) == withdrawn ]]; then
        if [[ -n $NO_VERIFY ]]; then set_release_value "$TARGET" status deployed; else set_release_value "$TARGET" status verified; fi
    fi
    [[ -n $MONITORING_RETURNED ]] || fail "Release $TARGET runs${NO_VERIFY:+ (not verified)}, but its alarms and dashboard" \
        "could not be returned (see above). Mend what is said there, then: ops/rollback.sh --to $TARGET"
    heading "Release $TARGET runs"
    printf '%s\n' "$TARGET"
}

read_options() {
    STACK_NAME=${STACK_NAME:-finops-websocket-api}
    REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}
    TIMEOUT_MINUTES=${TIMEOUT_MINUTES:-30}
    TO='' DRY_RUN='' NO_VERIFY='' ALLOW_DATA_LOSS=''
    while (($# > 0)); do
        case $1 in
            --list) TO=''; shift; continue ;;
            --dry-run) DRY_RUN=yes; shift; continue ;;
            --allow-data-loss) ALLOW_DATA_LOSS=yes; shift; continue ;;
            --no-verify) NO_VERIFY=yes; shift; continue ;;
            --help | -h) usage; exit 0 ;;
            --to | --stack-name | --region | --timeout-minutes) [[ -n ${2:-} ]] || misused "$1 needs a value." ;;
            *) misused "There is no option $1." ;;
        esac
        case $1 in
            --to) TO=$2 ;;
            --stack-name) STACK_NAME=$2 ;;
            --region) REGION=$2 ;;
            --timeout-minutes) TIMEOUT_MINUTES=$2 ;;
        esac
        shift 2
    done
    [[ $TIMEOUT_MINUTES =~ ^[1-9][0-9]*$ ]] || misused "--timeout-minutes needs a whole number, not $TIMEOUT_MINUTES."
    MONITORING_STACK=$STACK_NAME-monitoring
    # As in deploy.sh.
    POLL_SECONDS=${AWS_ENDPOINT_URL:+0.2} POLL_SECONDS=${POLL_SECONDS:-2}
}

check_everything() {
    check_aws_cli
    [[ -z $TO || -n $NO_VERIFY || -n $DRY_RUN ]] || check_python
    check_credentials
    describe_stack "$STACK_NAME"
    [[ $(stack_status) != ABSENT ]] ||
        fail "There is no stack $STACK_NAME in $REGION. Name yours with --stack-name and --region, or deploy it: ./deploy.sh"
    [[ -z $TO ]] || check_stack_status "$STACK_NAME"
    BUCKET=$(stack_value Parameter LambdaS3Bucket) ||
        fail "Stack $STACK_NAME has no parameter LambdaS3Bucket: it is not one that ./deploy.sh has deployed."
}

list_releases() {
    local i id mark
    ((${#RELEASE_IDS[@]} > 0)) || fail "Bucket $BUCKET holds no release of stack $STACK_NAME yet; ./deploy.sh records them."
    printf '%-26s  %-10s  %-8s  %s\n' Release Status Version 'Deployed by'
    for ((i = ${#RELEASE_IDS[@]} - 1; i >= 0; i--)); do
        id=${RELEASE_IDS[i]} mark=''
        [[ $id != "$CURRENT" ]] || mark='  <- runs now'
        printf '%-26s  %-10s  %-8s  %s%s\n' "$id" "$(release_value "$id" status)" "$(versions_of "$id")" \
            "$(release_value "$id" by)" "$mark"
    done
    [[ -n $CURRENT ]] || warn "What runs now is none of these: it was deployed by other means."
}

# The published versions of the three functions in a release, in the order of a message's way: 3/2/5
versions_of() {
    printf '%s/%s/%s' "$(release_value "$1" ConnectionManagerVersion)" "$(release_value "$1" MessageHandlerVersion)" \
        "$(release_value "$1" BackgroundProcessorVersion)"
}

# Sets TARGET, and WITHDRAWN: the newer release that it goes back from, if it does.
choose_release() {
    if [[ $TO == previous ]]; then
        TARGET=$(release_before "$CURRENT")
        [[ -n $TARGET ]] || fail "There is no release before the one that runs${CURRENT:+ ($CURRENT)}. See ops/rollback.sh --list"
    else
        TARGET=$TO
        [[ $TO =~ ^[0-9A-Za-z-]+$ && -r $WORK/releases/$TO/release.json ]] ||
            fail "There is no release $TO. See ops/rollback.sh --list"
    fi
    # Whoever goes back does not want to come here again by going back once more.
    WITHDRAWN=''
    if [[ $TARGET < $CURRENT && $(release_value "$CURRENT" status) != failed ]]; then
        WITHDRAWN=$CURRENT
    fi
    say "From release ${CURRENT:-(not recorded)} to $TARGET ($(release_value "$TARGET" status))"
}

# One may want to come back to what others have deployed. If that cannot be had, so be it: what is on its way is the
# remedy for something.
keep_what_is_left() {
    (keep_what_others_deployed && printf '%s' "$RELEASE_BEFORE" >"$WORK/kept-release") ||
        warn "One cannot return to what runs now: it could not be recorded."
    [[ ! -r $WORK/kept-release ]] || WITHDRAWN=$(<"$WORK/kept-release")
}

end_early() {
    trap - INT TERM
    if [[ -n $DEPLOYING ]]; then
        warn "Interrupted. $(how_to_watch)"
    else
        [[ -z $CHANGE_SET_ID ]] || discard_change_set
        say "Interrupted. Nothing is being changed now. To end what was begun: ops/rollback.sh --to ${TARGET:-previous}"
    fi
    exit 130
}

main "$@"
