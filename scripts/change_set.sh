# shellcheck shell=bash
# A change set: what a deployment would change, before it changes it.
# Needs aws_cli.sh, messages.sh and stack_description.sh, and ALLOW_DATA_LOSS, empty unless what is stored may be lost.
# Sets CHANGE_SET_ID, empty when there is nothing to change, CHANGE_SET_STACK, CHANGE_SET_TYPE, and CHANGE_SET_LOSSES: what
# of people's data it removes or makes anew, empty if nothing.

CHANGE_SET_ID=''

# Makes the change set of a template and its parameters for the stack, which was read last, and waits until
# CloudFormation has worked it out: create_change_set STACK TEMPLATE PARAMETERS-JSON ROLLBACK-CONFIGURATION-JSON
create_change_set() {
    local stack=$1 template=$2 parameters=$3 rollback_configuration=$4
    CHANGE_SET_STACK=$stack CHANGE_SET_TYPE=UPDATE
    ! stack_is_absent || CHANGE_SET_TYPE=CREATE
    CHANGE_SET_ID=$(aws_cli cloudformation create-change-set --stack-name "$stack" --change-set-type "$CHANGE_SET_TYPE" \
        --change-set-name "deploy-$(date -u +%Y%m%d-%H%M%S)-$$-$RANDOM" \
        --template-body "file://$template" --parameters "$parameters" --rollback-configuration "$rollback_configuration" \
        --capabilities CAPABILITY_NAMED_IAM --query Id) ||
        fail "CloudFormation refuses the change of stack $stack: $(aws_error)"
    wait_for_change_set
}

wait_for_change_set() {
    local stack=$CHANGE_SET_STACK answer status reason
    while true; do
        # Without pagination: text output would repeat the line for every page of changes.
        answer=$(aws_cli cloudformation describe-change-set --change-set-name "$CHANGE_SET_ID" --no-paginate \
            --query '[Status, to_string([StatusReason])]') || fail "The change set of stack $stack is gone: $(aws_error)"
        IFS=$'\t' read -r status reason <<<"$answer"
        reason=$(plain_text "$reason")
        case $status in
            CREATE_COMPLETE) return ;;
            FAILED) break ;;
        esac
        ((SECONDS < DEADLINE)) || fail "CloudFormation is still working out what changes in stack $stack. Try again later."
        sleep "$POLL_SECONDS"
    done
    reason+=$(validation_errors)
    discard_change_set
    # The two texts by which "aws cloudformation deploy" knows an empty change set (awscli's deployer.py).
    [[ $reason == *"didn't contain changes"* || $reason == *'No updates are to be performed'* ]] ||
        fail "CloudFormation refuses the change of stack $stack: $reason"
}

# What CloudFormation found wrong before it would begin, such as a name that is taken; the change set itself says only
# that there was something. Older versions of the CLI cannot ask.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html
validation_errors() {
    local found
    found=$(aws_cli cloudformation describe-events --change-set-name "$CHANGE_SET_ID" \
        --query "OperationEvents[?EventType=='VALIDATION_ERROR'].[LogicalResourceId, ValidationStatusReason]") || return 0
    found=${found//$'\t'/: }
    [[ -z $found || $found == None ]] || printf ' %s' "${found//$'\n'/; }"
}

# Deletes the change set, and the empty stack that holds it if nothing else is in it: a new stack's change set makes
# the stack in status REVIEW_IN_PROGRESS, and deleting the change set leaves it behind.
discard_change_set() {
    local stack=$CHANGE_SET_STACK left
    aws_cli cloudformation delete-change-set --change-set-name "$CHANGE_SET_ID" ||
        warn "The change set $CHANGE_SET_ID is still there: $(aws_error)"
    CHANGE_SET_ID=''
    describe_stack "$stack"
    [[ $(stack_status) == REVIEW_IN_PROGRESS ]] || return 0
    left=$(aws_cli cloudformation list-change-sets --stack-name "$stack" --query 'Summaries[].ChangeSetId') ||
        fail "Cannot read the change sets of stack $stack: $(aws_error)"
    [[ -n $left && $left != None ]] || remove_remains "$stack"
}

# The changes as a table, and a warning for each that loses data or moves the endpoint.
show_changes() {
    local changes action logical_id type replacement
    CHANGE_SET_LOSSES=''
    changes=$(aws_cli cloudformation describe-change-set --change-set-name "$CHANGE_SET_ID" \
        --query 'Changes[].ResourceChange.[Action, LogicalResourceId, ResourceType, Replacement]') ||
        fail "Cannot read the change set: $(aws_error)"
    awk -F '\t' '
        BEGIN { id = length("Logical ID"); type = length("Type") }
        { row[NR] = $0; if (length($2) > id) id = length($2); if (length($3) > type) type = length($3) }
        END {
            form = "  %-8s  %-" id "s  %-" type "s  %s\n"
            printf form, "Action", "Logical ID", "Type", "Replacement"
            for (i = 1; i <= NR; i++) { split(row[i], f, "\t"); printf form, f[1], f[2], f[3], f[4] == "None" ? "-" : f[4] }
        }' <<<"$changes" >&2
    while IFS=$'\t' read -r action logical_id type replacement; do
        case $action:$replacement in
            Remove:*) lose "$logical_id" "$type" "is removed" ;;
            *:True) lose "$logical_id" "$type" "is replaced by a new one" ;;
            *:Conditional) warn_of_loss "$logical_id" "$type" "may be replaced by a new one" ;;
        esac
    done <<<"$changes"
}

# Refuses to go on if data would be lost that may not be: refuse_losses WHAT
refuse_losses() {
    [[ -n $CHANGE_SET_LOSSES && -z $ALLOW_DATA_LOSS ]] || return 0
    discard_change_set
    fail "$1 would lose data (see above). What there is to lose: docs/WEBSOCKET_DEPLOYMENT_GUIDE.md, Rollback procedures." \
        "If it may be lost, say --allow-data-loss."
}

lose() {
    local loss
    loss=$(warn_of_loss "$@" 2>&1)
    [[ -z $loss ]] || printf '%s\n' "$loss" >&2
    CHANGE_SET_LOSSES+=$loss
}

warn_of_loss() {
    case $2 in
        AWS::DynamoDB::Table) warn "Table $1 $3, with what is stored in it." ;;
        AWS::Cognito::UserPool) warn "User pool $1 $3: nobody's sign-in carries over." ;;
        AWS::SQS::Queue) warn "Queue $1 $3, with the messages in it." ;;
        AWS::ApiGatewayV2::Api) warn "API $1 $3: the endpoint changes, and every frontend's config.js with it." ;;
    esac
}
