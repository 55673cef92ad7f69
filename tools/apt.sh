# shellcheck shell=sh
# Read by the set-up scripts, which have `say`.

# Finds out how to become root without a password; fails where that cannot be.
find_root() {
    as_root=
    [ "$(id -u)" -eq 0 ] || { as_root="sudo -n" && sudo -n true 2>/dev/null; }
}

# Installs Debian packages where that needs no password; fails where it may not.
apt_install() {
    command -v apt-get >/dev/null && find_root || return 1
    say "installing $* (apt)"
    apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq"
    # The package lists are fetched only when they are missing or too old to be of use.
    $apt install -y --no-install-recommends "$@" >/dev/null 2>&1 ||
        { $apt update && $apt install -y --no-install-recommends "$@"; } >/dev/null 2>&1
}
