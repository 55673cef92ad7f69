#!/bin/sh
# Installs what the tests of the web site need beyond Python: Chromium, Node, and the packages locked in tests/.
# Run by `make test`, from the repository's root. Building leaflets needs none of it.
set -eu

say() { printf '%s\n' "set-up: $*"; }

fail() {
    say "$*" >&2
    exit 1
}

. tools/apt.sh

has() { command -v "$1" >/dev/null; }

has "${CHROMIUM:-chromium}" || has chromium-browser || apt_install chromium ||
    fail "the site's tests need Chromium: apt-get install chromium, or name one with CHROMIUM=..."
has npm || apt_install nodejs npm || fail "the site's tests need npm: apt-get install nodejs npm"

say "installing the locked Node packages"
npm ci --prefix tests --silent || fail "npm could not install tests/package-lock.json: run npm ci in tests/"
