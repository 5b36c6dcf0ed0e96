# shellcheck shell=bash
# Which value each parameter of a template gets. Needs stack_description.sh. Uses GIVEN_PARAMETERS.

# Name=Value lines; the last line of a name counts.
GIVEN_PARAMETERS=''

give_parameter() {
    GIVEN_PARAMETERS+="$1=$2"$'\n'
}

given_parameter() {
    local line value='' found=1
    while IFS= read -r line; do
        [[ ${line%%=*} == "$1" ]] && value=${line#*=} found=0
    done <<<"$GIVEN_PARAMETERS"
    printf '%s' "$value"
    return "$found"
}

# The value that a deployment will use: the given one, else the stack's, else the template's default, which is $2.
effective_parameter() {
    given_parameter "$1" || stack_value Parameter "$1" || printf '%s' "$2"
}

# The names of a YAML template's parameters: the keys one level below "Parameters:".
template_parameters() {
    sed -n '/^Parameters:/,/^[A-Z][A-Za-z]*:/s/^  \([A-Za-z0-9]*\):.*/\1/p' "$1"
}

# The default that a YAML template gives to a parameter: template_default FILE NAME
template_default() {
    sed -n "/^  $2:/,/^  [A-Za-z]/s/^    Default: //p" "$1"
}

json_string() {
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

# The --parameters of a change set for a template and the stack read last. A parameter that is not given keeps the
# stack's value, and takes the template's default where the stack has none.
#
# JSON, because the CLI's shorthand stumbles over commas, and version 1 downloads a value that begins with http://.
parameters_json() {
    local name separator='' template=$1
    printf '['
    for name in $(template_parameters "$template"); do
        if given_parameter "$name" >/dev/null; then
            printf '%s{"ParameterKey":"%s","ParameterValue":%s}' \
                "$separator" "$name" "$(json_string "$(given_parameter "$name")")"
        # A stack that is only under review has no values yet, whatever it lists.
        elif [[ $(stack_status) != REVIEW_IN_PROGRESS ]] && stack_value Parameter "$name" >/dev/null; then
            printf '%s{"ParameterKey":"%s","UsePreviousValue":true}' "$separator" "$name"
        else
            continue
        fi
        separator=','
    done
    printf ']'
}
