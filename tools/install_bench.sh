#!/usr/bin/env bash
# Installs what `make bench` needs beyond Python: wrk, from the system's own packages.
set -eu

if command -v wrk >/dev/null; then
    echo "wrk is installed: $(command -v wrk)"
    exit 0
fi
if command -v apt-get >/dev/null; then
    install=(apt-get install --yes wrk)
elif command -v dnf >/dev/null; then
    install=(dnf install --assumeyes wrk)
elif command -v brew >/dev/null; then
    install=(brew install wrk)
else
    echo "No known package manager is here; install wrk by hand: https://github.com/wg/wrk" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ] && [ "${install[0]}" != brew ]; then
    install=(sudo "${install[@]}")
fi
echo "running: ${install[*]}"
"${install[@]}"
