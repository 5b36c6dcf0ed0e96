# shellcheck shell=bash
# Releases: what was deployed, kept in the deployment bucket so that it can be deployed again.
# Needs aws_cli.sh, messages.sh, deployed_functions.sh, package_upload.sh, stack_description.sh and stack_parameters.sh,
# and BUCKET, CALLER, STACK_NAME, MONITORING_STACK and WORK. Sets RELEASE_IDS, oldest first.
#
# A release is a folder STACK/releases/ID/: the templates and parameters of both stacks, and release.json, which has one
# name and value a line, all strings, so that a shell can read it too.

RELEASE_IDS=()

# Package=Key lines for packages that the bucket keeps under another key than the stack names.
KEPT_KEYS=''

releases_uri() {
    printf 's3://%s/%s/releases' "$BUCKET" "$STACK_NAME"
}

# Reads the records of all releases.
read_releases() {
    local record
    mkdir -p "$WORK/releases"
    aws_cli s3 cp "$(releases_uri)/" "$WORK/releases" --recursive --exclude '*' --include '*/release.json' \
        --only-show-errors >/dev/null || fail "Cannot read the releases in bucket $BUCKET: $(aws_error)"
    RELEASE_IDS=()
    # An id begins with its time, so the order of names is that of times.
    for record in "$WORK"/releases/*/release.json; do
        [[ -r $record ]] || continue
        record=${record%/release.json}
        RELEASE_IDS+=("${record##*/}")
    done
}

# One value of a release that was read: release_value ID status
release_value() {
    sed -n "s/^  \"$2\": \"\(.*\)\",\{0,1\}$/\1/p" "$WORK/releases/$1/release.json"
}

# What the stacks are made of now, as files in WORK/deployed. Sets FINGERPRINT: a hash for each stack.
read_deployed() {
    rm -rf "$WORK/deployed"
    mkdir -p "$WORK/deployed" "$WORK/releases"
    keep_stack "$MONITORING_STACK" monitoring.yaml monitoring-parameters.json
    # Last, so that the description that stays is the stack's own.
    keep_stack "$STACK_NAME" template.yaml parameters.json
    FINGERPRINT=$(files_hash template.yaml parameters.json)
    [[ ! -r $WORK/deployed/monitoring.yaml ]] || FINGERPRINT+=-$(files_hash monitoring.yaml monitoring-parameters.json)
}

files_hash() {
    (cd "$WORK/deployed" && cat "$@") >"$WORK/hashed"
    content_hash "$WORK/hashed"
}

# Keeps a stack's template, and its parameters as a change set takes them.
keep_stack() {
    local stack=$1 template=$WORK/deployed/$2 parameters=$WORK/deployed/$3 body line separator='['
    describe_stack "$stack"
    ! stack_is_absent || return 0
    body=$(aws_cli cloudformation get-template --stack-name "$stack" --template-stage Original --query TemplateBody) ||
        fail "Cannot read the template of stack $stack: $(aws_error)"
    # With one line end after it, however many the CLI has printed: what is deployed again must read the same.
    printf '%s\n' "$body" >"$template"
    while IFS= read -r line; do
        printf '%s{"ParameterKey":"%s","ParameterValue":%s}' "$separator" "${line%%=*}" "$(json_string "${line#*=}")"
        separator=$',\n'
    done < <(stack_parameter_lines) >"$parameters"
    printf ']\n' >>"$parameters"
}

# The parameters of the stack read last as Name=Value lines, always in the same order.
stack_parameter_lines() {
    local kind name value
    while IFS=$'\t' read -r kind name value; do
        [[ $kind == Parameter ]] || continue
        [[ $name != *Key ]] || value=$(package_key_kept "${name%Key}")
        printf '%s=%s\n' "$name" "$value"
    done <<<"$STACK_DESCRIPTION" | LC_ALL=C sort
}

# The key under which the bucket keeps a package of the stack read last.
package_key_kept() {
    local line
    while IFS= read -r line; do
        if [[ ${line%%=*} == "$1" ]]; then
            printf '%s' "${line#*=}"
            return 0
        fi
    done <<<"$KEPT_KEYS"
    stack_value Parameter "$1Key"
}

# The newest release with a fingerprint; nothing if there is none, as when somebody has deployed by other means. One that
# was recorded before there was a second stack is the same release with it.
release_with() {
    local id fingerprint found='' alike=''
    for id in ${RELEASE_IDS[@]+"${RELEASE_IDS[@]}"}; do
        fingerprint=$(release_value "$id" fingerprint)
        [[ -n $fingerprint ]] || continue
        [[ $fingerprint != "$1" ]] || found=$id
        # The stack's own part. Alarms may have been changed by hand, or a return was interrupted between the stacks.
        [[ ${fingerprint%-*} != "${1%-*}" ]] || alike=$id
    done
    printf '%s' "${found:-$alike}"
}

# The newest release before another that has neither failed nor been gone back from; the newest of all, if that other is none.
release_before() {
    local id found=''
    for id in ${RELEASE_IDS[@]+"${RELEASE_IDS[@]}"}; do
        [[ $id != "$1" ]] || break
        [[ $(release_value "$id" status) =~ ^(failed|withdrawn)$ ]] || found=$id
    done
    printf '%s' "$found"
}

# Before the first change: finds the release that runs, so that one can go back to it, and makes it one if somebody has
# deployed by other means. Sets RELEASE_BEFORE, which stays empty if there is nothing to go back to.
keep_release_that_runs() {
    RELEASE_BEFORE=''
    describe_stack "$STACK_NAME"
    ! stack_is_absent || return 0
    read_releases
    read_deployed
    RELEASE_BEFORE=$(release_with "$FINGERPRINT")
    [[ -n $RELEASE_BEFORE ]] || keep_what_others_deployed
}

# Makes what was read last, and was deployed by other means, a release. Sets RELEASE_BEFORE to it.
keep_what_others_deployed() {
    RELEASE_BEFORE=''
    if ! keep_packages; then
        KEPT_KEYS=''
        warn "One cannot return to what runs now: the bucket no longer holds the packages that it was deployed from."
        return 0
    fi
    record_release unknown found
    RELEASE_BEFORE=$RELEASE_ID
    KEPT_KEYS=''
    say "What runs now was deployed by other means; it is kept as release $RELEASE_BEFORE"
}

# Whether the bucket holds what each function of the stack read last runs. A package under a plain name, as the guide
# uploads it, is kept under its content's key: another will take the plain name.
keep_packages() {
    local package key copy hash
    mkdir -p "$WORK/kept"
    for package in "${PACKAGES[@]}"; do
        key=$(stack_value Parameter "${package}Key") || return 1
        copy=$WORK/kept/${key##*/}
        aws_cli s3 cp "s3://$BUCKET/$key" "$copy" --only-show-errors >/dev/null || return 1
        hash=$(content_hash "$copy")
        [[ $(function_code_hash "$package") == "$hash" ]] || return 1
        [[ $key != *"/$hash/"* ]] || continue
        KEPT_KEYS+="$package=$STACK_NAME/$hash/${key##*/}"$'\n'
        aws_cli s3 cp "$copy" "s3://$BUCKET/$STACK_NAME/$hash/${key##*/}" --only-show-errors >/dev/null || return 1
    done
}

# Records what the stacks are made of now as a new release: record_release COMMIT STATUS. Sets RELEASE_ID.
record_release() {
    local commit=$1 status=$2 time package key short folder
    time=$(date -u +%Y%m%dT%H%M%SZ)
    short=$commit
    [[ ! $commit =~ ^[0-9a-f]{40} ]] || short=${commit:0:7}
    RELEASE_ID=$time-$short
    read_deployed
    {
        printf '{\n'
        release_line id "$RELEASE_ID"
        release_line time "$time"
        release_line commit "$commit"
        release_line by "$CALLER"
        release_line stack "$STACK_NAME"
        for package in "${PACKAGES[@]}"; do
            key=$(package_key_kept "$package")
            release_line "${package}Key" "$key"
            release_line "${package}Sha256" "$(hash_in_key "$key")"
            release_line "${package}Version" "$(publish_version "$package" "$RELEASE_ID")"
        done
        release_line returned ''
        release_line status "$status"
        printf '  "fingerprint": "%s"\n}\n' "$FINGERPRINT"
    } >"$WORK/deployed/release.json"
    # The record last: a release that has one is whole.
    folder=$(releases_uri)/$RELEASE_ID
    { aws_cli s3 cp "$WORK/deployed" "$folder" --recursive --exclude release.json --only-show-errors &&
        aws_cli s3 cp "$WORK/deployed/release.json" "$folder/release.json" --only-show-errors; } >/dev/null ||
        fail "Stack $STACK_NAME is deployed, and its release cannot be recorded in bucket $BUCKET: $(aws_error)"
    mv "$WORK/deployed" "$WORK/releases/$RELEASE_ID"
    RELEASE_IDS+=("$RELEASE_ID")
}

release_line() {
    printf '  "%s": %s,\n' "$1" "$(json_string "$2")"
}

# Changes one value of a release's record: set_release_value ID NAME VALUE
set_release_value() {
    local record=$WORK/releases/$1/release.json
    NAME=$2 VALUE=$(json_string "$3") awk '
        index($0, "  \"" ENVIRON["NAME"] "\": ") == 1 { print "  \"" ENVIRON["NAME"] "\": " ENVIRON["VALUE"] ","; next }
        { print }' "$record" >"$record.new"
    mv "$record.new" "$record"
    aws_cli s3 cp "$record" "$(releases_uri)/$1/release.json" --only-show-errors >/dev/null ||
        warn "The record of release $1 cannot be changed ($2: $3): $(aws_error)"
}

# The working tree's commit, with "-dirty" after it if files differ from it.
working_tree_commit() {
    local commit
    if ! commit=$(git -C "$ROOT" rev-parse HEAD 2>/dev/null); then
        printf 'nogit'
        return 0
    fi
    [[ -z $(git -C "$ROOT" status --porcelain 2>/dev/null) ]] || commit+=-dirty
    printf '%s' "$commit"
}
