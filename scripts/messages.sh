# shellcheck shell=bash
# What the scripts tell the person who runs them: on stderr, so that stdout carries results only.

# Colours only for a person at a terminal; https://no-color.org names the variable that switches them off.
if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
    BOLD=$'\e[1m' YELLOW=$'\e[33m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
    BOLD='' YELLOW='' RED='' PLAIN=''
fi

heading() {
    printf '%s%s%s\n' "$BOLD" "$*" "$PLAIN" >&2
}

say() {
    printf '  %s\n' "$*" >&2
}

warn() {
    printf '  %sWarning:%s %s\n' "$YELLOW" "$PLAIN" "$*" >&2
}

# Says what is wrong and what to do about it, and ends the script.
fail() {
    printf '%sError:%s %s\n' "$RED" "$PLAIN" "$*" >&2
    exit 1
}

# For a command line that cannot be understood. Exit status 2 is the shell's own for that.
misused() {
    printf '%sError:%s %s Try --help.\n' "$RED" "$PLAIN" "$*" >&2
    exit 2
}
