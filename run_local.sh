#!/usr/bin/env bash
# The main job on this machine: a local cloud, the stack, the agents, and a question answered. No AWS account.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly ROOT

source "$ROOT/ops/python_environment.sh"
source "$ROOT/scripts/aws_cli.sh"
source "$ROOT/scripts/package_upload.sh"
source "$ROOT/scripts/local_cloud.sh"
source "$ROOT/scripts/warm_aws.sh"

readonly PACKAGES=$ROOT/.local/packages
readonly STACK_ENV=$ROOT/.local/stack.env
readonly DEPLOY_LOG=$ROOT/.local/deploy.log
readonly STARTING=$ROOT/.local/starting
# The guide's names.
readonly BUCKET=finops-deployment-packages-062025
readonly STACK=finops-websocket-api
readonly REGION=us-east-1
readonly TEST_USER=testuser
readonly TEST_USER_PASSWORD='SecurePassword123!'
readonly FIRST_QUESTION='What was my S3 spend in May?'

usage() {
    cat <<USAGE
Usage: ./run_local.sh [options]

Runs everything on this machine: a local cloud on loopback, with IAM enforced, the stack that ./deploy.sh deploys to
AWS, and two sample agents that answer from a cost export. Asks one question to show that it works, and stays until
Ctrl-C, which leaves nothing running. Needs Python 3.11 to 3.14 with venv; everything else is installed into .venv.

  --ask "QUESTION"     Ask, print progress and answer, and end. Uses what runs and leaves it running; what was not
                       running is started for the question and stopped after it, unless --detach is given.
  --detach             Return when everything runs, and leave it running.
  --stop               Stop what --detach left running.
  --port N             Port of the local cloud. Default: 4566.
  --auth cognito|open  Who may ask. cognito (default): the user $TEST_USER, with a signed token. open: anybody.
  --costs FILE         Let the agents answer from your own cost export: FOCUS 1.0 to 1.2, CSV or gzip.
  --help               Show this help.

What runs is described in .local/stack.env, one KEY=value a line. Exit status: 0 all went well, 1 something did not
(it says what), 2 a mistake in the command line, 130 interrupted; with --ask also those of .venv/bin/ask.
USAGE
}

main() {
    read_options "$@"
    if [[ -n $STOP ]]; then
        stop_what_runs
        return
    fi
    ensure_python_environment requirements.txt
    [[ -z $COSTS ]] || check_costs
    use_local_credentials
    trap end_what_was_started EXIT
    trap 'exit 130' INT TERM HUP
    is_up_as_asked || claim_start
    if cloud_is_running; then
        use_running_stack
    else
        start_everything
    fi
    release_start
    if [[ -n $QUESTION ]]; then
        ask "$QUESTION"
    elif [[ -n $DETACH ]]; then
        print_how_to_go_on "It runs until ./run_local.sh --stop."
    else
        print_how_to_go_on "It runs until you press Ctrl-C."
        wait_for_cloud_to_end
    fi
}

read_options() {
    OWNS_CLOUD='' CLAIMED='' QUESTION='' DETACH='' STOP='' AUTH='' COSTS='' PORT=''
    while (($# > 0)); do
        case $1 in
            --detach) DETACH=yes; shift; continue ;;
            --stop) STOP=yes; shift; continue ;;
            --help | -h) usage; exit 0 ;;
            --ask | --port | --auth | --costs) [[ -n ${2:-} ]] || misused "$1 needs a value." ;;
            *) misused "There is no option $1." ;;
        esac
        case $1 in
            --ask) QUESTION=$2 ;;
            --port) PORT=$2 ;;
            --auth) AUTH=$2 ;;
            --costs) COSTS=$2 ;;
        esac
        shift 2
    done
    [[ ${PORT:-1} =~ ^[1-9][0-9]{0,4}$ && ${PORT:-1} -le 65535 ]] || misused "--port needs a number from 1 to 65535, not $PORT."
    [[ ${AUTH:-open} =~ ^(cognito|open)$ ]] || misused "--auth needs cognito or open, not $AUTH."
}

# Looks at the export before anything is started: the sentence is the checker's own.
check_costs() {
    [[ -r $COSTS ]] || fail "The cost export $COSTS cannot be read. Name a file with --costs."
    PYTHONPATH="$ROOT/src" "$VENV/bin/python" -m sample_agents.check_costs "$COSTS" >&2 ||
        fail "The agents cannot answer from $COSTS. Correct it, or leave --costs out to use the sample data."
}

# Nothing of the caller's configuration must reach the local cloud, nor the local cloud's anything else.
use_local_credentials() {
    local name
    for name in $(compgen -e AWS_); do
        unset "$name"
    done
    # What deploy.sh and ask take from the environment.
    unset LAMBDA_S3_BUCKET PROJECT_NAME STACK_NAME AUTH_MODE GIVEN_USER_POOL_ID GIVEN_USER_POOL_CLIENT_ID TEMPLATE \
        COST_FORECAST_FUNCTION TRUSTED_ADVISOR_FUNCTION PACKAGES_DIR TIMEOUT_MINUTES PYTHON \
        WEBSOCKET_URL USER_POOL_CLIENT_ID TEST_USERNAME TEST_PASSWORD FINOPS_TOKEN
    # No proxy leads to this machine.
    export no_proxy=localhost,127.0.0.1${no_proxy:+,$no_proxy}
    export NO_PROXY=$no_proxy
    export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=$REGION
    export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
}

# Whether nothing needs to be started or changed.
is_up_as_asked() {
    cloud_is_running && [[ -r $STACK_ENV && -z $COSTS$AUTH ]]
}

# One run at a time starts or changes what runs: two would each clear away the other's.
claim_start() {
    local other
    mkdir -p "$ROOT/.local"
    if ! mkdir "$STARTING" 2>/dev/null; then
        other=$(cat "$STARTING/pid" 2>/dev/null) || other=''
        if [[ -n $other ]] && kill -0 "$other" 2>/dev/null; then
            fail "Another ./run_local.sh is at work (process $other). Wait until it is done, then run this again."
        fi
        # Its owner was killed.
        mkdir -p "$STARTING"
    fi
    printf '%s\n' "$$" >"$STARTING/pid"
    CLAIMED=yes
}

release_start() {
    [[ -z $CLAIMED ]] || rm -rf "$STARTING"
    CLAIMED=''
}

use_running_stack() {
    [[ -r $STACK_ENV ]] || fail "The local cloud runs, but the stack does not: an earlier run ended half-way." \
        "Run ./run_local.sh --stop, then this again."
    [[ -z $PORT || $PORT == "$(running_value PORT)" ]] ||
        fail "The local cloud runs on port $(running_value PORT) already. Run ./run_local.sh --stop to move it."
    [[ -n $QUESTION || -n $DETACH ]] ||
        fail "It is running already, at $(running_value WEBSOCKET_URL). Ask with --ask \"QUESTION\", or end it with --stop."
    PORT=$(running_value PORT)
    # What was asked for may differ from what runs.
    if [[ -n $COSTS || -n $AUTH ]]; then
        AUTH=${AUTH:-$(running_value AUTH_MODE)}
        deploy
    fi
}

# One value of .local/stack.env. The port follows from what is in it; the mode is noted beside it.
running_value() {
    case $1 in
        PORT) sed -n 's/^AWS_ENDPOINT_URL=.*:\([0-9]*\)$/\1/p' "$STACK_ENV" ;;
        AUTH_MODE) cat "$CLOUD/auth_mode" ;;
        *) sed -n "s/^$1=//p" "$STACK_ENV" ;;
    esac
}

start_everything() {
    PORT=${PORT:-4566} AUTH=${AUTH:-cognito}
    OWNS_CLOUD=yes
    start_cloud "$PORT"
    deploy
    if [[ -z $QUESTION ]]; then
        heading "A first question: $FIRST_QUESTION"
        ask "$FIRST_QUESTION"
    fi
    [[ -z $DETACH ]] || OWNS_CLOUD=''
}

# Whatever happens, nothing is left running that was not asked to be.
end_what_was_started() {
    # Not even a terminal that has gone, to which nothing can be said, is a reason to leave something running.
    set +e
    end_warm_aws
    rm -f "$AWS_CLI_ERRORS"
    release_start
    if [[ -n $OWNS_CLOUD ]]; then
        end_cloud
        heading "Stopped the local cloud"
    fi
}

deploy() {
    export AWS_ENDPOINT_URL=http://localhost:$PORT
    : >"$DEPLOY_LOG"
    build_packages
    start_warm_aws
    find_aws_cli || fail "The AWS CLI is missing from .venv. Delete .venv and run this again."
    aws_cli s3api create-bucket --bucket "$BUCKET" >/dev/null || fail "The local cloud makes no bucket: $(aws_error)"
    deploy_stack
    describe_outputs
    create_test_user
    end_warm_aws
    write_stack_env
}

# Builds what is not built from these very sources.
build_packages() {
    local sources built=$PACKAGES/sources
    sources=$(cd "$ROOT" && find build_packages.sh cloudformation contract ops src tools -type f ! -name '*.pyc' \
        -exec cksum {} + | sort; "$VENV/bin/python" -VV)
    [[ -r $built && $(<"$built") == "$sources" ]] && return 0
    heading "Building the packages for this machine"
    "$ROOT/build_packages.sh" --target host --with-sample-agents --output "$PACKAGES" >>"$DEPLOY_LOG" 2>&1 ||
        failed_with_log "The packages could not be built."
    printf '%s\n' "$sources" >"$built"
}

deploy_stack() {
    local options=(--bucket "$BUCKET" --stack-name "$STACK" --project-name finops-websocket --region "$REGION"
        --auth-mode "$AUTH" --packages-dir "$PACKAGES" --with-sample-agents
        # The question that follows shows more than the exchange that would verify it.
        --no-verify)
    if [[ -n $COSTS ]]; then
        # Other content has another key, so the agents do not answer from what they have read before.
        local key
        key=costs/$(content_hash "$COSTS")/${COSTS##*/}
        aws_cli s3 cp "$COSTS" "s3://$BUCKET/$key" --only-show-errors || fail "The cost export cannot be uploaded: $(aws_error)"
        options+=(--costs-s3-uri "s3://$BUCKET/$key")
    fi
    heading "Deploying the stack and two sample agents (every event: .local/deploy.log)"
    "$ROOT/deploy.sh" "${options[@]}" >>"$DEPLOY_LOG" 2>&1 || failed_with_log "The stack could not be deployed."
}

failed_with_log() {
    tail -n 20 "$DEPLOY_LOG" >&2
    fail "$1 The lines above are the end of .local/deploy.log."
}

describe_outputs() {
    local name value
    WEBSOCKET_URL='' WEBSOCKET_API_ID='' USER_POOL_ID='' USER_POOL_CLIENT_ID=''
    while IFS=$'\t' read -r name value; do
        case $name in
            WebSocketApiEndpoint) WEBSOCKET_URL=$value ;;
            WebSocketApiId) WEBSOCKET_API_ID=$value ;;
            UserPoolId) USER_POOL_ID=$value ;;
            UserPoolClientId) USER_POOL_CLIENT_ID=$value ;;
        esac
    done < <(aws_cli cloudformation describe-stacks --stack-name "$STACK" \
        --query 'Stacks[0].Outputs[].[OutputKey, OutputValue]')
    [[ -n $WEBSOCKET_URL ]] || fail "The stack has no endpoint: $(aws_error)"
}

create_test_user() {
    aws_cli cognito-idp admin-create-user --user-pool-id "$USER_POOL_ID" --username "$TEST_USER" \
        --message-action SUPPRESS >/dev/null || aws_error_is UsernameExistsException ||
        fail "The test user cannot be made: $(aws_error)"
    aws_cli cognito-idp admin-set-user-password --user-pool-id "$USER_POOL_ID" --username "$TEST_USER" \
        --password "$TEST_USER_PASSWORD" --permanent >/dev/null || fail "The test user gets no password: $(aws_error)"
}

write_stack_env() {
    cat >"$STACK_ENV.new" <<VALUES
AWS_ENDPOINT_URL=$AWS_ENDPOINT_URL
AWS_DEFAULT_REGION=$AWS_DEFAULT_REGION
AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID
AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY
STACK_NAME=$STACK
WEBSOCKET_URL=$WEBSOCKET_URL
WEBSOCKET_API_ID=$WEBSOCKET_API_ID
USER_POOL_ID=$USER_POOL_ID
USER_POOL_CLIENT_ID=$USER_POOL_CLIENT_ID
TEST_USERNAME=$TEST_USER
TEST_PASSWORD=$TEST_USER_PASSWORD
LOCAL_CLOUD_PID=$(cloud_pid)
VALUES
    printf '%s\n' "$AUTH" >"$CLOUD/auth_mode"
    mv "$STACK_ENV.new" "$STACK_ENV"
}

ask() {
    local identity=()
    # As an older frontend asks, which has no token: the name is taken as it is said.
    [[ $(running_value AUTH_MODE) == cognito ]] || identity=(--user-id "$TEST_USER" --name "$TEST_USER")
    "$VENV/bin/ask" --env-file "$STACK_ENV" ${identity[@]+"${identity[@]}"} "$1"
}

print_how_to_go_on() {
    local url
    url=$(running_value WEBSOCKET_URL)
    heading "The stack is running"
    printf '%s\n' "$url"
    say "Ask more:        ./run_local.sh --ask \"Where can I save money?\""
    say "What was asked:  .venv/bin/ask --env-file .local/stack.env --list"
    say "By hand:         npx wscat -c $url"
    say "  then type:     {\"action\": \"authenticate\", \"userId\": \"test-user\", \"username\": \"testuser\"}"
    say "Sign in as:      $TEST_USER / $TEST_USER_PASSWORD"
    say "For scripts:     .local/stack.env"
    say "$1"
}

stop_what_runs() {
    if cloud_is_running; then
        end_cloud
        say "Stopped."
    else
        end_cloud
        say "Nothing was running."
    fi
}

main "$@"
