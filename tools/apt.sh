# shellcheck shell=sh
# Read by the set-up scripts, which have `say`.

# Installs Debian packages where that needs no password; fails where it may not.
apt_install() {
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        return 1
    fi
    say "installing $* (apt)"
    apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq"
    # The package lists are fetched only when they are missing or too old to be of use.
    $apt install -y --no-install-recommends "$@" >/dev/null 2>&1 ||
        { $apt update && $apt install -y --no-install-recommends "$@"; } >/dev/null 2>&1
}
