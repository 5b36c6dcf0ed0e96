# shellcheck shell=bash
# What CloudFormation knows of a stack: its status, id, parameters and outputs.
# Needs aws_cli.sh and messages.sh. Sets STACK_DESCRIPTION, and DESCRIBED_STACK: the stack that it is of.

# shellcheck disable=SC2034 # read by deploy.sh
DESCRIBED_STACK=''

# "return 0" here and not "return": in a trap, the bare one gives the status of what the signal interrupted.
#
# Reads the stack into STACK_DESCRIPTION, one "Kind<tab>Name<tab>Value" a line; empty when there is no such stack.
describe_stack() {
    local stack=$1
    DESCRIBED_STACK=$stack
    STACK_DESCRIPTION=$(aws_cli cloudformation describe-stacks --stack-name "$stack" --query "Stacks[0].[
            [['Stack', 'Id', StackId], ['Stack', 'Status', StackStatus]],
            Parameters[].['Parameter', ParameterKey, ParameterValue],
            Outputs[].['Output', OutputKey, OutputValue]][] | [?@]") && return 0
    STACK_DESCRIPTION=''
    # A stack that is not there is a ValidationError like any other; only its text tells.
    [[ $(aws_error) == *'does not exist'* ]] || fail "Cannot read stack $stack: $(aws_error)"
}

# One value of the stack read last: stack_value Parameter ProjectName. Fails when the stack has none of that name.
stack_value() {
    local kind name value
    while IFS=$'\t' read -r kind name value; do
        if [[ $kind == "$1" && $name == "$2" ]]; then
            printf '%s' "$value"
            return 0
        fi
    done <<<"$STACK_DESCRIPTION"
    return 1
}

stack_status() {
    stack_value Stack Status || printf ABSENT
}

# Whether nothing of the stack read last is there; one that only ever had change sets is in review.
stack_is_absent() {
    [[ $(stack_status) =~ ^(ABSENT|REVIEW_IN_PROGRESS)$ ]]
}

# Deletes a stack of which nothing runs and waits until it is gone.
remove_remains() {
    local stack=$1
    aws_cli cloudformation delete-stack --stack-name "$stack" || fail "Cannot delete stack $stack: $(aws_error)"
    until describe_stack "$stack" && [[ $(stack_status) =~ ^(ABSENT|DELETE_COMPLETE)$ ]]; do
        [[ $(stack_status) != DELETE_FAILED ]] ||
            fail "Stack $stack cannot be deleted. Its events say why: aws cloudformation describe-stack-events --stack-name $stack"
        ((SECONDS < DEADLINE)) || fail "Stack $stack is still being deleted. Run this again when it is gone."
        sleep "$POLL_SECONDS"
    done
}
