#!/bin/sh
# Makes .venv from requirements.txt, installs careleaf into it, and sees to the system libraries
# that WeasyPrint loads. Run by make, from the repository's root.
set -eu

libraries="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz0b libharfbuzz-subset0"
venv=.venv/bin/python

say() { printf '%s\n' "set-up: $*"; }

fail() {
    say "$*" >&2
    exit 1
}

# The first Python that is new enough; PYTHON=... goes before all others.
find_python() {
    for name in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.12 python3.13 python3.14; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$name"
            return
        fi
    done
    return 1
}

. tools/apt.sh

# WeasyPrint knows best what it needs: importing it finds the libraries wherever they came from.
# HarfBuzz's subsetter is optional to it but not to us: without it, other bytes come out.
weasyprint_loads() {
    "$venv" -W "error:HarfBuzz-Subset" -c "import weasyprint" >/dev/null 2>&1
}

if ! "$venv" -c "import pip" 2>/dev/null; then
    python=$(find_python) || fail "Python 3.11 or newer is missing: install it, or name it with make PYTHON=..."
    "$python" -c "import ensurepip" 2>/dev/null || apt_install python3-venv ||
        fail "$python cannot make a virtual environment: apt-get install python3-venv"
    say "creating .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi

say "installing the locked Python packages"
"$venv" -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt
"$venv" -m pip install -qq --disable-pip-version-check --no-build-isolation --no-deps -e .

if ! weasyprint_loads; then
    # shellcheck disable=SC2086 # one word per package
    { apt_install $libraries && weasyprint_loads; } ||
        fail "WeasyPrint cannot load Pango and HarfBuzz: apt-get install $libraries"
fi
