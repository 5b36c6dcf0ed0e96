# shellcheck shell=bash
# The AWS CLI, version 1 or 2, against AWS or the endpoint that AWS_ENDPOINT_URL names.
# Needs REGION and ROOT. Sets AWS_CLI, and AWS_CLI_ERRORS: a file that the script removes at its end.

AWS_CLI_ERRORS=''

# The local cloud is on this machine, where no proxy leads; botocore does not know that by itself.
if [[ ${AWS_ENDPOINT_URL:-} =~ ^https?://(localhost|127\.0\.0\.1)(:|/|$) ]]; then
    export no_proxy=localhost,127.0.0.1${no_proxy:+,$no_proxy}
    export NO_PROXY=$no_proxy
fi

# Chooses the program: AWS_CLI from the environment, else aws on the PATH, else the project's own.
find_aws_cli() {
    if [[ -z ${AWS_CLI:-} ]]; then
        AWS_CLI=$(command -v aws) || AWS_CLI="$ROOT/.venv/bin/aws"
    fi
    command -v "$AWS_CLI" >/dev/null || return 1
    AWS_CLI_ERRORS=$(mktemp)
}

# One AWS command with text output. Its errors are kept for aws_error.
#
# The endpoint is passed on because version 1 ignores AWS_ENDPOINT_URL for SQS, and version 2 before 2.13 for all
# services. An empty AWS_PAGER switches off version 2's pager; version 1 does not know the flag --no-cli-pager.
aws_cli() {
    AWS_PAGER='' "$AWS_CLI" ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} \
        --region "$REGION" --output text "$@" 2>"$AWS_CLI_ERRORS"
}

# What the last failed aws_cli complained about, without the CLI's "An error occurred (...) when calling ...:".
aws_error() {
    tr '\n' ' ' <"$AWS_CLI_ERRORS" | sed -E 's/^ *//; s/.*when calling the [A-Za-z]+ operation[^:]*: //; s/ *$//'
}

# Whether the last failed aws_cli failed with this error code, such as 404 or ExpiredToken.
aws_error_is() {
    grep -q "An error occurred ($1)" "$AWS_CLI_ERRORS"
}

# Reads back a JMESPath to_string([value]) as plain text. The function puts a value on one line, which text output
# alone does not: a reason from CloudFormation may hold line ends. A null becomes nothing.
plain_text() {
    local text=$1
    [[ $text == '[null]' ]] && return 0
    text=${text#'["'} text=${text%'"]'}
    text=${text//\\n/ } text=${text//\\\"/\"}
    printf '%s' "${text//\\\\/\\}"
}
