#!/usr/bin/env bash
# Fetches the programs some tests run examples with: nginx, caddy, promtool; `tools/test_tools.sh FOLDER [fetch]`.
# They are Debian's own packages, unpacked into FOLDER: nothing is installed on this machine, and nothing started.
# It fetches in CI, or when told to; without a program its tests are skipped and say so, so it never fails.
set -uo pipefail

folder=$1 wish=${2:-}
declare -A packages=([nginx]=nginx [caddy]=caddy [promtool]=prometheus)

missing=()
for program in nginx caddy promtool; do
    PATH="$folder/usr/sbin:$folder/usr/bin:$PATH" command -v "$program" >/dev/null || missing+=("$program")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "${CI:-}" != true ] && [ "$wish" != fetch ]; then
    echo "test-tools: without ${missing[*]} some tests are skipped; make test-tools fetches what is missing"
    exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    echo "test-tools: this is no Debian, so ${missing[*]} can not be fetched; their tests are skipped" >&2
    exit 0
fi

echo "test-tools: fetching ${missing[*]} as Debian packages, unpacked into $folder"
if [ "$(id -u)" -eq 0 ]; then
    timeout 120 apt-get update --quiet --quiet >/dev/null 2>&1 || true
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# apt fetches as a user of its own.
chmod 755 "$work"
mkdir -p "$folder"
for program in "${missing[@]}"; do
    package=${packages[$program]}
    if ! (cd "$work" && timeout 180 apt-get download --quiet --quiet "$package" >/dev/null 2>&1); then
        echo "test-tools: the package $package can not be fetched; the tests of $program are skipped" >&2
        continue
    fi
    dpkg --extract "$work/$package"_*.deb "$folder" ||
        echo "test-tools: the package $package can not be unpacked; the tests of $program are skipped" >&2
done
