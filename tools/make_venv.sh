#!/usr/bin/env bash
# Makes a virtual environment from hashed requirements: `tools/make_venv.sh PYTHON FOLDER REQUIREMENTS`.
# uv installs in seconds what takes pip a minute, but some networks let only pip through; then pip does it.
set -euo pipefail

python=$1 folder=$2 requirements=$3

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "venv: $python is missing or older than Python 3.11; name another: make PYTHON=python3.12 ..." >&2
    exit 1
fi

if [ ! -x "$folder/bin/python" ]; then
    echo "venv: making $folder with $("$python" --version)"
    if ! "$python" -m venv "$folder"; then
        echo "venv: $python can not make virtual environments; on Debian install python3-venv" >&2
        exit 1
    fi
fi

pip=("$folder/bin/python" -m pip --disable-pip-version-check)

install_with_uv() {
    local pin="$folder/uv-requirement.txt"
    # The pinned uv with its hashes: its line, and the indented ones that follow.
    awk '/^uv==/ { keep = 1; print; next } /^[^ ]/ { keep = 0 } keep' "$requirements" >"$pin"
    "${pip[@]}" install --quiet --require-hashes --no-deps --requirement "$pin" &&
        "$folder/bin/uv" pip install --quiet --system-certs --require-hashes --no-config --compile-bytecode \
            --python "$folder/bin/python" --requirement "$requirements"
}

echo "venv: installing $requirements with uv"
if ! install_with_uv; then
    echo "venv: uv could not; installing with pip, which takes longer"
    "${pip[@]}" install --quiet --require-hashes --requirement "$requirements"
fi
