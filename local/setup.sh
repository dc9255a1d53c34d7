#!/bin/sh
# Finds a Python that is new enough and hands over to bootstrap.py; says clearly if there is none.
# Usage: setup.sh REQUIREMENTS_FILE. PYTHON names the interpreter to use.
set -eu

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

found=''
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
    if is_new_enough "$candidate"; then
        exec "$candidate" "$(dirname "$0")/bootstrap.py" "$@"
    fi
    # A name may exist and yet not run (a version manager's placeholder): only what runs is reported.
    version=$("$candidate" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || continue
    found="$found $candidate is $version;"
done

echo "Error: Bellwether needs Python 3.11 or newer.${found:+ Found:$found too old.}" >&2
echo "Install one (Debian: apt install python3 python3-venv; macOS: brew install python)," >&2
echo "or name one: make demo PYTHON=/path/to/python3.12" >&2
exit 1
