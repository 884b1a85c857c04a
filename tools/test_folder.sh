#!/usr/bin/env bash
# Say where tests keep their folders and databases: in memory where there is room, since thousands of
# small databases are flushed to a disk thousands of times; else where temporary files usually are.
set -euo pipefail

memory=/dev/shm
needed_kb=$((3 * 1024 * 1024))

if [ -z "${TMPDIR:-}" ] && [ -d "$memory" ] && [ -w "$memory" ] &&
    [ "$(df --output=avail "$memory" | tail -n 1)" -ge "$needed_kb" ]; then
    echo "$memory"
else
    echo "${TMPDIR:-/tmp}"
fi
