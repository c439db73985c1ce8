#!/bin/sh
# A browser with its driver, and axe-core, for the tests of the pages: .ci/chromium.sh TOOLS. Found, or installed where we may.
# Without them, `make test` leaves out the tests in a browser.
set -eu
. "$(dirname "$0")/packages.sh"

AXE=4.10.3

say() { echo "chromium: $*" >&2; }

browser() {
    command -v chromedriver >/dev/null || [ -x /usr/lib/chromium/chromedriver ] || return 1
    command -v chromium >/dev/null || command -v google-chrome >/dev/null
}

axe() { [ -f "$1/axe-core/package/axe.min.js" ]; }

install_browser() {
    say "installing the packages chromium and chromium-driver"
    if command -v apt-get >/dev/null; then
        with_apt chromium chromium-driver fonts-dejavu-core
    elif command -v dnf >/dev/null; then
        root dnf install -y chromium chromedriver </dev/null
    fi
}

install_axe() {
    command -v npm >/dev/null || { say "npm is needed for axe-core; install your system's package npm"; return 1; }
    say "fetching axe-core $AXE with npm"
    rm -rf "$1/axe-core.new" && mkdir -p "$1/axe-core.new"
    (cd "$1/axe-core.new" && tar xzf "$(npm pack --silent "axe-core@$AXE")") || return 1
    rm -rf "$1/axe-core" && mv "$1/axe-core.new" "$1/axe-core"
}

browser || install_browser || true
axe "$1" || install_axe "$1" || true
browser && axe "$1" && exit 0
say "failed to install them; the tests in a browser are left out (install your system's chromium and its driver, and npm)"
# What is left out unnoticed is tested nowhere.
[ -z "${CI-}" ]
