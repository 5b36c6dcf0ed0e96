# shellcheck shell=bash
# Packages in the deployment bucket. Needs aws_cli.sh and messages.sh, and WORK: a directory for temporary files.

# SHA-256 of a file in hexadecimal. macOS has shasum, other systems have sha256sum.
content_hash() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# The key of a package by its content: new code has a new key, which CloudFormation sees as a change.
# package_key PREFIX FILE
package_key() {
    printf '%s/%s/%s' "$1" "$(content_hash "$2")" "${2##*/}"
}

# Puts packages into the bucket under their contents' keys and under their plain names, where the guide's commands
# expect them. upload_packages BUCKET PREFIX FILE...
upload_packages() {
    local bucket=$1 prefix=$2 file key
    shift 2
    # Laid out as in the bucket, so that one command sends them all.
    rm -rf "$WORK/upload"
    for file in "$@"; do
        key=$(package_key "$prefix" "$file")
        mkdir -p "$WORK/upload/${key%/*}"
        cp "$file" "$WORK/upload/$key"
        cp "$file" "$WORK/upload/"
        # What is in the package goes with it, where the build has written that down.
        [[ ! -r ${file%.zip}.cdx.json ]] || cp "${file%.zip}.cdx.json" "$WORK/upload/${key%/*}/"
        say "Uploading ${file##*/}, also as $key"
    done
    aws_cli s3 cp "$WORK/upload" "s3://$bucket" --recursive --only-show-errors >/dev/null ||
        fail "Cannot upload to s3://$bucket: $(aws_error)"
}
