#!/bin/sh
# Installs what the tests of mail need beyond Python: Postfix, which they start for themselves, out of its way.
# Run by `make test`, from the repository's root. Sending mail needs none of it.
set -eu

say() { printf '%s\n' "set-up: $*"; }

fail() {
    say "$*" >&2
    exit 1
}

. tools/apt.sh

# Debian keeps it where only administrators look.
has() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }

# Without a configuration of its own it starts no server on this machine.
unconfigured() {
    find_root && printf 'postfix postfix/main_mailer_type select No configuration\n' | $as_root debconf-set-selections
}

has postfix || { unconfigured && apt_install postfix; } || fail "the tests of mail need Postfix: apt-get install postfix"
