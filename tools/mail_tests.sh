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

has postfix || apt_install postfix || fail "the tests of mail need Postfix: apt-get install postfix"
