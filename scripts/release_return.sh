# shellcheck shell=bash
# The way back to a release. Needs change_set.sh, deployed_functions.sh, deployment_alarms.sh, releases.sh, stack_events.sh and
# what they need.

# Checks that a release that was read can be deployed again, and fetches it: fetch_release ID
fetch_release() {
    local id=$1 package key
    aws_cli s3 cp "$(releases_uri)/$id" "$WORK/releases/$id" --recursive --only-show-errors >/dev/null ||
        fail "Release $id cannot be read from bucket $BUCKET: $(aws_error)"
    [[ -r $WORK/releases/$id/template.yaml && -r $WORK/releases/$id/parameters.json ]] ||
        fail "Release $id is incomplete in bucket $BUCKET. Choose another: ops/rollback.sh --list"
    for package in "${PACKAGES[@]}"; do
        key=$(release_value "$id" "${package}Key")
        aws_cli s3api head-object --bucket "$BUCKET" --key "$key" >/dev/null ||
            fail "Release $id needs s3://$BUCKET/$key, which is not there. Choose another: ops/rollback.sh --list"
    done
}

# Makes the stacks again what they were in a release that was fetched: templates, parameters and packages together.
return_to_release() {
    local folder=$WORK/releases/$1 package
    return_stack "$STACK_NAME" "$folder/template.yaml" "$folder/parameters.json"
    [[ -n $DRY_RUN || -z ${WITHDRAWN:-} ]] || set_release_value "$WITHDRAWN" status withdrawn
    MONITORING_RETURNED=yes
    if [[ -r $folder/monitoring.yaml ]]; then
        # Whatever becomes of the alarms: what serves people has returned, and is looked at.
        # shellcheck disable=SC2034 # read by rollback.sh
        (return_stack "$MONITORING_STACK" "$folder/monitoring.yaml" "$folder/monitoring-parameters.json") ||
            MONITORING_RETURNED=''
    fi
    [[ -z $DRY_RUN ]] || return 0
    describe_stack "$STACK_NAME"
    restore_function_code
    for package in "${PACKAGES[@]}"; do
        publish_version "$package" "$1" >/dev/null
    done
    set_release_value "$1" returned "$(date -u +%Y%m%dT%H%M%SZ) by $CALLER"
}

return_stack() {
    local stack=$1 template=$2 parameters=$3
    heading "Stack $stack"
    describe_stack "$stack"
    # No alarm takes back what is to silence one.
    create_change_set "$stack" "$template" "$(<"$parameters")" "$NO_TRIGGERS"
    if [[ -z $CHANGE_SET_ID ]]; then
        say "no changes"
        return
    fi
    show_changes
    refuse_losses "Going back"
    if [[ -n $DRY_RUN ]]; then
        discard_change_set
        say "Dry run: nothing was changed."
        return
    fi
    execute_change_set
}
