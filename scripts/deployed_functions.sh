# shellcheck shell=bash
# The code that the deployed functions run. Needs aws_cli.sh, messages.sh, package_upload.sh and stack_description.sh,
# of which the stack read last must be the functions'.

# The packages, by the first part of the parameter that names each one's key.
# shellcheck disable=SC2034 # read by releases.sh too
readonly PACKAGES=(ConnectionManager MessageHandler BackgroundProcessor)

function_name() {
    local project
    project=$(stack_value Parameter ProjectName)
    case $1 in
        ConnectionManager) printf '%s-connection-manager' "$project" ;;
        MessageHandler) printf '%s-message-handler' "$project" ;;
        BackgroundProcessor) printf '%s-background-processor' "$project" ;;
    esac
}

# SHA-256 in hexadecimal of what a function runs; Lambda tells it in base64. Empty if it does not tell.
function_code_hash() {
    local hash
    hash=$(aws_cli lambda get-function-configuration --function-name "$(function_name "$1")" --query CodeSha256) || return 0
    printf '%s' "$hash" | base64 --decode | od -An -v -tx1 | tr -d ' \n'
}

hash_in_key() {
    if [[ $1 =~ /([0-9a-f]{64})/ ]]; then printf '%s' "${BASH_REMATCH[1]}"; fi
}

# Publishes a function's code and settings as a version that carries a release's id, and prints its number. Lambda gives
# the last version again if nothing has changed since, with the release that it was published for.
# https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
publish_version() {
    aws_cli lambda publish-version --function-name "$(function_name "$1")" --description "release $2" --query Version ||
        warn "No version of $(function_name "$1") could be published: $(aws_error)"
}

# Gives functions the code that their stack names, where somebody has given them other code by hand: CloudFormation
# does not notice that.
restore_function_code() {
    local package name key
    for package in "${PACKAGES[@]}"; do
        key=$(stack_value Parameter "${package}Key")
        name=$(function_name "$package")
        [[ -n $(hash_in_key "$key") && $(function_code_hash "$package") != "$(hash_in_key "$key")" ]] || continue
        say "Function $name runs other code than its stack names; updating it"
        aws_cli lambda update-function-code --function-name "$name" \
            --s3-bucket "$(stack_value Parameter LambdaS3Bucket)" --s3-key "$key" >/dev/null ||
            fail "Function $name cannot be updated: $(aws_error)"
        aws_cli lambda wait function-updated-v2 --function-name "$name" ||
            fail "Function $name is not ready: $(aws_error)"
    done
}
