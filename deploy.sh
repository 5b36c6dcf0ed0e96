#!/usr/bin/env bash
# Steps 3 to 6 of docs/WEBSOCKET_DEPLOYMENT_GUIDE.md in one command: upload, deploy, verify, print the endpoint; and the
# way back if that fails.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
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

readonly MONITORING_TEMPLATE=$ROOT/cloudformation/monitoring.yaml
readonly SAMPLE_AGENTS_TEMPLATE=$ROOT/cloudformation/sample-agents.yaml
readonly DEFAULT_BUCKET=finops-deployment-packages-062025
readonly DEFAULT_COST_FORECAST_FUNCTION=aws-cost-forecast-agent
readonly DEFAULT_TRUSTED_ADVISOR_FUNCTION=trusted-advisor-agent-trusted-advisor-agent

usage() {
    cat <<USAGE
Usage: ./deploy.sh [options]

Uploads the packages that ./build_packages.sh made, shows what changes, deploys it with its alarms and dashboard (the
stack STACK-NAME-monitoring), asks the new endpoint over a real WebSocket, and prints the endpoint and the lines for the
frontend's config.js. Nothing changes if nothing changed.

Each deployment is recorded as a release in the bucket; ops/rollback.sh lists them and goes back to any. If a deployment
fails, if an alarm rings meanwhile, or if the endpoint does not answer as it should, what ran before runs again.

  Option                           Variable                  Default
  --bucket NAME                    LAMBDA_S3_BUCKET          $DEFAULT_BUCKET
  --project-name NAME              PROJECT_NAME              finops-websocket
  --stack-name NAME                STACK_NAME                finops-websocket-api
  --region NAME                    AWS_REGION, then
                                   AWS_DEFAULT_REGION        us-east-1
  --auth-mode cognito|open         AUTH_MODE                 cognito (open: whoever knows the endpoint may ask)
  --user-pool-id ID                GIVEN_USER_POOL_ID        a pool of the stack's own
  --user-pool-client-id ID         GIVEN_USER_POOL_CLIENT_ID an app client of the stack's own
  --cost-forecast-function NAME    COST_FORECAST_FUNCTION    $DEFAULT_COST_FORECAST_FUNCTION
  --trusted-advisor-function NAME  TRUSTED_ADVISOR_FUNCTION  $DEFAULT_TRUSTED_ADVISOR_FUNCTION
  --parameter NAME=VALUE                                     any other parameter of the templates; may be repeated
  --template FILE                  TEMPLATE                  cloudformation/finops-websocket-api-fixed.yaml
  --packages-dir DIRECTORY         PACKAGES_DIR              build
  --timeout-minutes NUMBER         TIMEOUT_MINUTES           30 (how long to wait for CloudFormation)
  --watch-minutes NUMBER           WATCH_MINUTES             3 (how long an update waits for alarms to ring, on AWS)

An option counts before its variable. What is not given stays as it is when the stack is deployed already.

  --with-sample-agents    First deploy two small agents, as the stack STACK-NAME-sample-agents.
  --costs-s3-uri S3-URI   Costs that the sample agents answer from, such as s3://bucket/costs.csv.
  --no-verify             Do not ask the endpoint after deploying.
  --keep-failed           Keep what does not pass the verification, to look at it.
  --allow-data-loss       Deploy even if a table, a queue, a user pool or the API is removed or made anew.
  --dry-run               Stop after showing what would change, and leave nothing behind.
  --help                  Show this help.

Environment:
  AWS_ENDPOINT_URL  Deploy to the local cloud at this address in place of AWS.
  AWS_CLI           The aws program, version 1 or 2. Default: the one on the PATH, else .venv/bin/aws.
  PYTHON            Python for the verification. Default: the first that will do of .venv/bin/python, python3.11
                    and python3.

The endpoint goes to stdout, everything else to stderr. Exit status: 0 deployed and verified (or nothing to do),
1 not deployed, or not verified and taken back, 2 a mistake in the command line, 130 interrupted.
USAGE
}

main() {
    read_environment
    read_options "$@"
    check_file "$TEMPLATE" "Name another with --template."
    read_named_parameters

    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK" "$AWS_CLI_ERRORS"' EXIT
    trap end_early INT TERM
    heading "Checking"
    check_everything

    DEADLINE=$((SECONDS + TIMEOUT_MINUTES * 60))
    try_monitoring_parameters
    [[ -z $WITH_SAMPLE_AGENTS ]] || deploy_stack "$SAMPLE_AGENTS_STACK" "$SAMPLE_AGENTS_TEMPLATE" "$SAMPLE_AGENTS_PACKAGE"
    deploy_stack "$STACK_NAME" "$TEMPLATE" "$CONNECTION_MANAGER" "$MESSAGE_HANDLER" "$BACKGROUND_PROCESSOR"
    deploy_monitoring
    [[ -z $DRY_RUN ]] || return 0

    describe_stack "$STACK_NAME"
    ENDPOINT=$(stack_value Output WebSocketApiEndpoint) || fail "Stack $STACK_NAME has no output WebSocketApiEndpoint."
    restore_function_code
    protect_stack
    record_what_changed
    verify_what_changed
    print_endpoint
}

read_environment() {
    REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}
    STACK_NAME=${STACK_NAME:-finops-websocket-api}
    TEMPLATE=${TEMPLATE:-$ROOT/cloudformation/finops-websocket-api-fixed.yaml}
    PACKAGES_DIR=${PACKAGES_DIR:-$ROOT/build}
    TIMEOUT_MINUTES=${TIMEOUT_MINUTES:-30}
    WATCH_MINUTES=${WATCH_MINUTES:-3}
    NAMED_PARAMETERS='' COSTS_S3_URI='' WITH_SAMPLE_AGENTS='' DRY_RUN='' NO_VERIFY='' KEEP_FAILED='' ALLOW_DATA_LOSS=''
    # Set as it goes on: whether anything changes, whether anything was changed, what ran before, and what runs now.
    CHANGED='' DEPLOYED='' RECORDED='' RELEASE_BEFORE='' RELEASE_ID=''
    [[ -z ${AWS_ENDPOINT_URL:-} ]] || give_parameter ExecuteApiBaseUrl "${AWS_ENDPOINT_URL%/}/_aws/execute-api"
    [[ -z ${LAMBDA_S3_BUCKET:-} ]] || give_parameter LambdaS3Bucket "$LAMBDA_S3_BUCKET"
    [[ -z ${PROJECT_NAME:-} ]] || give_parameter ProjectName "$PROJECT_NAME"
    [[ -z ${AUTH_MODE:-} ]] || give_parameter AuthMode "$AUTH_MODE"
    # Not USER_POOL_ID: .local/stack.env says with that which pool a stack has made, and giving a stack its own pool as
    # somebody else's would make it give the pool up.
    [[ -z ${GIVEN_USER_POOL_ID:-} ]] || give_parameter UserPoolId "$GIVEN_USER_POOL_ID"
    [[ -z ${GIVEN_USER_POOL_CLIENT_ID:-} ]] || give_parameter UserPoolClientId "$GIVEN_USER_POOL_CLIENT_ID"
    [[ -z ${COST_FORECAST_FUNCTION:-} ]] || give_parameter CostForecastFunctionName "$COST_FORECAST_FUNCTION"
    [[ -z ${TRUSTED_ADVISOR_FUNCTION:-} ]] || give_parameter TrustedAdvisorFunctionName "$TRUSTED_ADVISOR_FUNCTION"
}

read_options() {
    local value
    while (($# > 0)); do
        case $1 in
            --with-sample-agents) WITH_SAMPLE_AGENTS=yes; shift; continue ;;
            --no-verify) NO_VERIFY=yes; shift; continue ;;
            --keep-failed) KEEP_FAILED=yes; shift; continue ;;
            --allow-data-loss) ALLOW_DATA_LOSS=yes; shift; continue ;;
            --dry-run) DRY_RUN=yes; shift; continue ;;
            --help | -h) usage; exit 0 ;;
        esac
        value=${2-}
        case $1 in
            --bucket) give_parameter LambdaS3Bucket "$value" ;;
            --project-name) give_parameter ProjectName "$value" ;;
            --stack-name) STACK_NAME=$value ;;
            --region) REGION=$value ;;
            --auth-mode) give_parameter AuthMode "$value" ;;
            --user-pool-id) give_parameter UserPoolId "$value" ;;
            --user-pool-client-id) give_parameter UserPoolClientId "$value" ;;
            --cost-forecast-function) give_parameter CostForecastFunctionName "$value" ;;
            --trusted-advisor-function) give_parameter TrustedAdvisorFunctionName "$value" ;;
            --parameter) NAMED_PARAMETERS+="$value"$'\n' ;;
            --template) TEMPLATE=$value ;;
            --packages-dir) PACKAGES_DIR=$value ;;
            --timeout-minutes) TIMEOUT_MINUTES=$value ;;
            --watch-minutes) WATCH_MINUTES=$value ;;
            --costs-s3-uri) COSTS_S3_URI=$value ;;
            *) misused "There is no option $1." ;;
        esac
        (($# > 1)) || misused "$1 needs a value."
        shift 2
    done
    [[ $TIMEOUT_MINUTES =~ ^[1-9][0-9]*$ ]] || misused "--timeout-minutes needs a whole number, not $TIMEOUT_MINUTES."
    # The most that CloudFormation takes is three hours.
    [[ $WATCH_MINUTES =~ ^([0-9]{1,2}|1[0-7][0-9]|180)$ ]] ||
        misused "--watch-minutes needs a whole number from 0 to 180, not $WATCH_MINUTES."
    [[ -z $COSTS_S3_URI ]] || read_costs_uri
    # The local cloud answers at once and does not mind being asked; AWS limits how often one may ask.
    POLL_SECONDS=${AWS_ENDPOINT_URL:+0.2} POLL_SECONDS=${POLL_SECONDS:-2}
    MONITORING_STACK=$STACK_NAME-monitoring
    SAMPLE_AGENTS_STACK=$STACK_NAME-sample-agents
    SAMPLE_AGENTS_PACKAGE=$PACKAGES_DIR/sample-agents.zip
    CONNECTION_MANAGER=$PACKAGES_DIR/websocket-connection-manager.zip
    MESSAGE_HANDLER=$PACKAGES_DIR/websocket-message-handler.zip
    BACKGROUND_PROCESSOR=$PACKAGES_DIR/websocket-background-processor.zip
}

read_costs_uri() {
    [[ $COSTS_S3_URI =~ ^s3://([^/]+)/(.+)$ ]] || misused "--costs-s3-uri needs s3://BUCKET/KEY, not $COSTS_S3_URI."
    [[ -n $WITH_SAMPLE_AGENTS ]] || misused "--costs-s3-uri goes with --with-sample-agents."
    give_parameter CostsS3Bucket "${BASH_REMATCH[1]}"
    give_parameter CostsS3Key "${BASH_REMATCH[2]}"
}

# Takes the values of --parameter, whose names must be the templates'.
read_named_parameters() {
    local line name known
    known=$({ template_parameters "$TEMPLATE"; template_parameters "$MONITORING_TEMPLATE"; } | sort -u)
    while IFS= read -r line; do
        [[ -n $line ]] || continue
        name=${line%%=*}
        [[ $line == ?*=* ]] || misused "--parameter needs NAME=VALUE, not $line."
        [[ $'\n'$known$'\n' == *$'\n'$name$'\n'* ]] ||
            misused "The templates have no parameter $name. Their parameters: ${known//$'\n'/, }."
        give_parameter "$name" "${line#*=}"
    done <<<"$NAMED_PARAMETERS"
}

check_everything() {
    check_aws_cli
    [[ -n $NO_VERIFY || -n $DRY_RUN ]] || check_python
    check_credentials
    describe_stack "$MONITORING_STACK"
    check_stack_status "$MONITORING_STACK"
    describe_stack "$STACK_NAME"
    check_stack_status "$STACK_NAME"
    check_project_name
    check_packages
    BUCKET=$(effective_parameter LambdaS3Bucket "$DEFAULT_BUCKET")
    give_parameter LambdaS3Bucket "$BUCKET"
    [[ $(stack_value Parameter LambdaS3Bucket || printf '%s' "$BUCKET") == "$BUCKET" ]] ||
        warn "The releases so far are in bucket $(stack_value Parameter LambdaS3Bucket): ops/rollback.sh cannot return to them."
    if [[ $BUCKET == "$DEFAULT_BUCKET" ]]; then check_bucket "$BUCKET" "$ACCOUNT"; else check_bucket "$BUCKET"; fi
    [[ -n $WITH_SAMPLE_AGENTS ]] || check_agents
    check_lease
    [[ $(effective_parameter AuthMode cognito) != open ]] ||
        warn "AuthMode=open: anybody who knows the endpoint may ask in anybody's name."
    if [[ -n $WITH_SAMPLE_AGENTS ]]; then
        describe_stack "$SAMPLE_AGENTS_STACK"
        check_stack_status "$SAMPLE_AGENTS_STACK"
    fi
}

# Everything is named after it: with another, each table and queue, and the jobs in them, would be made anew.
check_project_name() {
    local name
    name=$(stack_value Parameter ProjectName) || return 0
    [[ $(effective_parameter ProjectName "$name") == "$name" ]] || fail "Stack $STACK_NAME has ProjectName $name, and" \
        "another would replace its tables with the jobs in them. Leave --project-name (PROJECT_NAME) out, or deploy" \
        "another stack beside it with --stack-name."
}

# No rule of a template can compare two numbers, and its numbers may have fractions, which the functions refuse.
check_lease() {
    local lease heartbeat
    lease=$(effective_parameter LeaseSeconds "$(template_default "$TEMPLATE" LeaseSeconds)")
    heartbeat=$(effective_parameter HeartbeatSeconds "$(template_default "$TEMPLATE" HeartbeatSeconds)")
    [[ $lease =~ ^[0-9]{1,6}$ && $heartbeat =~ ^[0-9]{1,6}$ ]] ||
        fail "LeaseSeconds ($lease) and HeartbeatSeconds ($heartbeat) must be whole numbers."
    ((10#$lease > 10#$heartbeat)) ||
        fail "LeaseSeconds ($lease) must be greater than HeartbeatSeconds ($heartbeat): a heartbeat renews the lease."
}

check_packages() {
    local package
    for package in "$CONNECTION_MANAGER" "$MESSAGE_HANDLER" "$BACKGROUND_PROCESSOR"; do
        check_file "$package" "Build it: ./build_packages.sh"
    done
    check_target
    give_parameter ConnectionManagerKey "$(package_key "$STACK_NAME" "$CONNECTION_MANAGER")"
    give_parameter MessageHandlerKey "$(package_key "$STACK_NAME" "$MESSAGE_HANDLER")"
    give_parameter BackgroundProcessorKey "$(package_key "$STACK_NAME" "$BACKGROUND_PROCESSOR")"
    [[ -n $WITH_SAMPLE_AGENTS ]] || return 0
    check_file "$SAMPLE_AGENTS_PACKAGE" "Build it: ./build_packages.sh --with-sample-agents"
    give_parameter SampleAgentsKey "$(package_key "$SAMPLE_AGENTS_STACK" "$SAMPLE_AGENTS_PACKAGE")"
}

# Packages for another Python or processor would be deployed without complaint, and not load. The local cloud runs
# whatever this machine can load.
check_target() {
    local built wanted
    [[ -z ${AWS_ENDPOINT_URL:-} && -r $PACKAGES_DIR/target ]] || return 0
    built=$(<"$PACKAGES_DIR/target")
    wanted=$(effective_parameter LambdaRuntime "$(template_default "$TEMPLATE" LambdaRuntime)")
    wanted+=-$(effective_parameter LambdaArchitecture "$(template_default "$TEMPLATE" LambdaArchitecture)")
    [[ $built == "$wanted" ]] || fail "The packages are for $built, the functions run on $wanted." \
        "Build them again: ./build_packages.sh --target $wanted"
}

check_agents() {
    check_agent "$(effective_parameter CostForecastFunctionName "$DEFAULT_COST_FORECAST_FUNCTION")"
    check_agent "$(effective_parameter TrustedAdvisorFunctionName "$DEFAULT_TRUSTED_ADVISOR_FUNCTION")"
}

# Finds out whether CloudFormation takes the values that only the second template has, before the first stack changes.
try_monitoring_parameters() {
    local line
    while IFS= read -r line; do
        [[ -z $line || $'\n'$(template_parameters "$TEMPLATE")$'\n' == *$'\n'${line%%=*}$'\n'* ]] || break
    done <<<"$NAMED_PARAMETERS"
    [[ -n $line ]] || return 0
    # Of a new stack, which has no API yet, any will do.
    give_parameter WebSocketApiId "$(stack_value Output WebSocketApiId || printf unknown)"
    describe_stack "$MONITORING_STACK"
    # What a failed first deployment left is removed when its turn comes, and takes no change before.
    [[ $(stack_status) != ROLLBACK_COMPLETE ]] || return 0
    create_change_set "$MONITORING_STACK" "$MONITORING_TEMPLATE" "$(parameters_json "$MONITORING_TEMPLATE")" "$NO_TRIGGERS"
    [[ -z $CHANGE_SET_ID ]] || discard_change_set
}

# deploy_stack STACK TEMPLATE PACKAGE...
deploy_stack() {
    local stack=$1 template=$2
    shift 2
    heading "Stack $stack"
    [[ $DESCRIBED_STACK == "$stack" ]] || describe_stack "$stack"
    if [[ $(stack_status) == ROLLBACK_COMPLETE ]]; then
        say "Removing what a failed first deployment left; nothing of it ever ran."
        remove_remains "$stack"
    fi
    create_change_set "$stack" "$template" "$(parameters_json "$template")" "$(rollback_configuration_of "$stack")"
    if [[ -z $CHANGE_SET_ID ]]; then
        say "no changes"
        return
    fi
    show_changes
    refuse_losses "This deployment"
    if [[ -n $DRY_RUN ]]; then
        discard_change_set
        say "Dry run: nothing was changed."
        return
    fi
    [[ -n $CHANGED || $stack == "$SAMPLE_AGENTS_STACK" ]] || prepare_return
    (($# == 0)) || upload_packages "$BUCKET" "$stack" "$@"
    execute_change_set
    DEPLOYED=yes
}

# Only an update of the stack itself has something to go back to, and alarms.
rollback_configuration_of() {
    if [[ $1 == "$STACK_NAME" && $(stack_status) != ABSENT ]]; then
        rollback_configuration "$(effective_parameter ProjectName finops-websocket)" "$WATCH_MINUTES"
    else
        printf '%s' "$NO_TRIGGERS"
    fi
}

prepare_return() {
    CHANGED=yes
    note_quiet_alarms "$(effective_parameter ProjectName finops-websocket)"
    keep_release_that_runs
}

# Alarms and dashboard: a stack of their own, because one template of both is more than CloudFormation takes without a
# bucket (docs/decisions/0010).
deploy_monitoring() {
    local name value
    describe_stack "$STACK_NAME"
    if ! value=$(stack_value Output WebSocketApiId); then
        say "Its alarms and dashboard, the stack $MONITORING_STACK, can be worked out once it is there."
        return
    fi
    give_parameter WebSocketApiId "$value"
    for name in $(template_parameters "$MONITORING_TEMPLATE"); do
        ! value=$(stack_value Parameter "$name") || give_parameter "$name" "$value"
    done
    give_queue_age
    deploy_stack "$MONITORING_STACK" "$MONITORING_TEMPLATE"
}

# A message is in the queue until its job is done: the alarm must not ring for agents that use the time they have.
give_queue_age() {
    local age longest
    longest=$((2 * $(effective_parameter AgentTimeoutSeconds "$(template_default "$TEMPLATE" AgentTimeoutSeconds)")))
    ! given_parameter QueueAgeSeconds >/dev/null || return 0
    describe_stack "$MONITORING_STACK"
    age=$(effective_parameter QueueAgeSeconds "$(template_default "$MONITORING_TEMPLATE" QueueAgeSeconds)")
    ((age >= longest)) || give_parameter QueueAgeSeconds "$longest"
}

# Deleting the stack would take the API, and its address, before CloudFormation stops at the protected tables.
protect_stack() {
    [[ $(stack_value Parameter DeletionProtection) == true ]] || return 0
    aws_cli cloudformation update-termination-protection --stack-name "$STACK_NAME" --enable-termination-protection \
        >/dev/null || fail "Stack $STACK_NAME is deployed, and could not be protected from deletion: $(aws_error)"
    say "Stack $STACK_NAME is protected from deletion"
}

# Sets RECORDED to the release that this run has made. Also for what an earlier run has deployed that did not come this far.
record_what_changed() {
    if [[ -z $CHANGED ]]; then
        read_releases
        read_deployed
        [[ -z $(release_with "$FINGERPRINT") ]] || return 0
    fi
    record_release "$(working_tree_commit)" deployed
    RECORDED=$RELEASE_ID
    say "Recorded as release $RELEASE_ID"
}

verify_what_changed() {
    [[ -z $NO_VERIFY ]] || return 0
    verify_stack
    if [[ -z $UNVERIFIED ]]; then
        [[ -z $RECORDED ]] || set_release_value "$RECORDED" status verified
        return 0
    fi
    [[ -z $RECORDED ]] || set_release_value "$RECORDED" status failed
    if [[ -z $CHANGED || -z $RELEASE_BEFORE || -n $KEEP_FAILED ]]; then
        fail "Stack $STACK_NAME is deployed, but $UNVERIFIED"
    fi
    warn "Release $RELEASE_ID does not work: $UNVERIFIED"
    take_back
}

# Goes back to what ran before, and ends the script.
take_back() {
    local cause=$UNVERIFIED
    heading "Going back to release $RELEASE_BEFORE"
    fetch_release "$RELEASE_BEFORE"
    # What rings now will for some minutes more, whatever runs.
    note_quiet_alarms "$(stack_value Parameter ProjectName)"
    # What this command itself has made held nothing before.
    ALLOW_DATA_LOSS=yes
    return_to_release "$RELEASE_BEFORE"
    describe_stack "$STACK_NAME"
    verify_stack
    [[ -z $UNVERIFIED ]] || fail "Release $RELEASE_ID did not work ($cause) and release $RELEASE_BEFORE, which runs again," \
        "does not either: $UNVERIFIED See ops/health_check.sh"
    fail "Release $RELEASE_ID did not work: $cause Release $RELEASE_BEFORE runs again, and works."
}

print_endpoint() {
    local pool client
    heading "The endpoint, and what goes into the frontend's config.js (Step 7)"
    printf '%s\n' "$ENDPOINT"
    [[ $(stack_value Parameter AllowedOrigins) != '*' ]] ||
        say "Any page may connect. Name yours: ./deploy.sh --parameter AllowedOrigins=https://your-page.example"
    # Indented as they stand in the guide's config.js.
    if pool=$(stack_value Output UserPoolId) && client=$(stack_value Output UserPoolClientId); then
        printf "        userPoolId: '%s',\n        userPoolWebClientId: '%s',\n" "$pool" "$client"
    fi
    printf "        websocketEndpoint: '%s',\n" "$ENDPOINT"
}

end_early() {
    trap - INT TERM
    if [[ -n $DEPLOYING ]]; then
        warn "Interrupted. $(how_to_watch)"
    else
        [[ -z $CHANGE_SET_ID ]] || discard_change_set
        if [[ -n $DEPLOYED ]]; then
            warn "Interrupted. What is deployed is not verified: run this again, or go back: ops/rollback.sh --to previous"
        else
            say "Interrupted. Nothing was deployed."
        fi
    fi
    exit 130
}

main "$@"
