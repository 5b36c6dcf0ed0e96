# shellcheck shell=bash
# Whether a deployed stack works: Step 6 over a real WebSocket, a processor that answers, and no alarm that has begun to
# ring. Needs aws_cli.sh, deployed_functions.sh, deployment_alarms.sh, messages.sh and stack_description.sh, and PYTHON,
# ROOT and WORK.

# Asks the endpoint of the stack read last, and for alarms that ring since note_quiet_alarms. Sets UNVERIFIED to the
# sentence that says what is wrong; empty if nothing is.
verify_stack() {
    local project endpoint alarms
    project=$(stack_value Parameter ProjectName)
    endpoint=$(stack_value Output WebSocketApiEndpoint)
    UNVERIFIED=''
    heading "Verifying"
    if ! exchange_messages "$endpoint"; then
        UNVERIFIED="$endpoint does not answer as it should; the log group /aws/lambda/$project-connection-manager says why."
        return 0
    fi
    if ! processor_answers; then
        UNVERIFIED="$project-background-processor does not answer; its log group /aws/lambda/$project-background-processor says why."
        return 0
    fi
    say "The background processor answers"
    alarms=$(alarms_since "$project")
    # shellcheck disable=SC2034 # read by deploy.sh and rollback.sh
    [[ -z $alarms ]] || UNVERIFIED="Since the deployment, alarms ring: ${alarms//$'\n'/, }."
}

exchange_messages() {
    local origins origin wait
    # Seconds. A new API of AWS needs a moment.
    wait=${AWS_ENDPOINT_URL:+10} wait=${wait:-60}
    # As a page that may connect, if not every page may.
    origins=$(stack_value Parameter AllowedOrigins) || origins=''
    origin=${origins%%,*}
    [[ $origin != '*' ]] || origin=''
    # Any page may connect then, but nobody who names none.
    [[ -n $origin || $(stack_value Parameter MissingOrigin) != refuse ]] || origin=https://verification.invalid
    PYTHONPATH="$ROOT/client" "$PYTHON" -m finops_client.verify --url "$1" --wait "$wait" \
        ${origin:+--origin "$origin"} --user-id test-user --username testuser >&2
}

# Whether the background processor takes a batch without messages, which changes nothing.
processor_answers() {
    local failed
    printf '{"Records": []}' >"$WORK/no-messages.json"
    failed=$(aws_cli lambda invoke --function-name "$(function_name BackgroundProcessor)" \
        --payload "fileb://$WORK/no-messages.json" --query FunctionError "$WORK/answer.json") || return 1
    [[ $failed =~ ^(None)?$ ]]
}
