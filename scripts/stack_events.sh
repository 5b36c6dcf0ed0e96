# shellcheck shell=bash
# A deployment as it happens: the stack's events, each once and in order, until the stack settles.
# Needs aws_cli.sh and messages.sh. Sets DEPLOYING.

# The stack that CloudFormation works on now, for whoever has to say so when the script ends early.
DEPLOYING=''

# Executes the change set of create_change_set and follows it. Ends the script, with the reasons printed, when the
# deployment fails.
execute_change_set() {
    local stack=$CHANGE_SET_STACK
    FAILURES='' STACK_END='' STACK_REASON=''
    # All events of a new stack are of this deployment.
    LAST_EVENT=''
    if [[ $CHANGE_SET_TYPE == UPDATE ]]; then
        LAST_EVENT=$(aws_cli cloudformation describe-stack-events --stack-name "$CHANGE_SET_STACK" --max-items 1 \
            --query 'StackEvents[].[EventId]' | sed -n 1p) || fail "Cannot read the events of stack $stack: $(aws_error)"
    fi
    # From here on: whoever interrupts cannot know whether CloudFormation has begun.
    DEPLOYING=$stack
    aws_cli cloudformation execute-change-set --change-set-name "$CHANGE_SET_ID" ||
        fail "Stack $stack cannot be changed now. If somebody else is deploying it, run this again when they are done." \
            "CloudFormation says: $(aws_error)"
    CHANGE_SET_ID=''
    until [[ -n $STACK_END ]]; do
        ((SECONDS < DEADLINE)) || fail "Stopped waiting after $TIMEOUT_MINUTES minutes. $(how_to_watch)"
        sleep "$POLL_SECONDS"
        print_new_events
    done
    DEPLOYING=''
    [[ $STACK_END =~ ^(CREATE|UPDATE)_COMPLETE$ ]] || explain_failure "$stack"
}

how_to_watch() {
    printf 'The deployment of stack %s goes on in CloudFormation. Watch it: %s' "$DEPLOYING" \
        "aws cloudformation describe-stack-events --stack-name $DEPLOYING --region $REGION"
}

print_new_events() {
    local newest_first new='' id line
    # 200 events are twice what one request returns, and more than the whole stack has between two polls. The CLI marks
    # a list that goes on with a line NEXTTOKEN.
    newest_first=$(aws_cli cloudformation describe-stack-events --stack-name "$CHANGE_SET_STACK" --max-items 200 \
        --query 'StackEvents[].[EventId, PhysicalResourceId == StackId, Timestamp, ResourceStatus, LogicalResourceId,
            to_string([ResourceStatusReason])]') || fail "Lost sight of the deployment: $(aws_error) $(how_to_watch)"
    while IFS= read -r line; do
        id=${line%%$'\t'*}
        [[ $id == "$LAST_EVENT" || $id == NEXTTOKEN ]] && break
        new="$line"$'\n'"$new"
    done <<<"$newest_first"
    while IFS= read -r line; do
        [[ -z $line ]] || print_event "$line"
    done <<<"$new"
}

print_event() {
    local of_stack time status logical_id reason
    IFS=$'\t' read -r LAST_EVENT of_stack time status logical_id reason <<<"$1"
    reason=$(plain_text "$reason")
    # The time of day within a timestamp such as 2026-11-23T11:07:50.123Z.
    say "$(printf '%s  %-28s  %s%s' "${time:11:8}" "$status" "$logical_id" "${reason:+  ($reason)}")"
    if [[ $of_stack == True ]]; then
        remember_stack_event "$status" "$reason"
    elif [[ $status == *_FAILED && $reason != *'cancelled'* ]]; then
        # A cancelled resource did not fail: it stopped because another one had.
        FAILURES+="$logical_id: ${reason:-$status}"$'\n'
    fi
}

remember_stack_event() {
    local status=$1 reason=$2
    case $status in
        *_IN_PROGRESS) ;;
        *) STACK_END=$status ;;
    esac
    # Where no single resource failed, the stack's own reason is the explanation.
    [[ $status == *ROLLBACK_IN_PROGRESS || $status == *_FAILED ]] && STACK_REASON=${STACK_REASON:-$reason}
    return 0
}

explain_failure() {
    local stack=$1 line
    heading "Stack $stack was not deployed. What failed, first failure first:"
    while IFS= read -r line; do
        [[ -z $line ]] || say "$line"
    done <<<"${FAILURES:-$STACK_REASON}"
    case $STACK_END in
        UPDATE_ROLLBACK_COMPLETE)
            fail "Stack $stack runs as it did before ($STACK_END). Correct the cause and run this again." ;;
        UPDATE_FAILED)
            fail "Stack $stack is half-way ($STACK_END). Take it back to what it was:" \
                "aws cloudformation rollback-stack --stack-name $stack --region $REGION" ;;
        UPDATE_ROLLBACK_FAILED)
            fail "Stack $stack could not return to what it was ($STACK_END). Remove the cause, then:" \
                "aws cloudformation continue-update-rollback --stack-name $stack --region $REGION" ;;
        ROLLBACK_COMPLETE)
            fail "Stack $stack had never been deployed, so nothing runs ($STACK_END)." \
                "Correct the cause and run this again: it removes what is left and starts anew." ;;
        *)
            fail "Stack $stack is in status $STACK_END. Delete it and run this again:" \
                "aws cloudformation delete-stack --stack-name $stack --region $REGION" ;;
    esac
}
