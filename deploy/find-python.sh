#!/bin/sh
# Prints the path of a Python 3.10, or one sentence on standard error that says what is missing.
# Looked for, in this order: on the PATH, under pyenv, under uv. Rasa Open Source 3.6 runs on no newer Python.

is_python_310() {
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' >/dev/null 2>&1
}

pyenv_root=${PYENV_ROOT:-$HOME/.pyenv}
uv_python=$(uv python find --no-python-downloads 3.10 2>/dev/null || true)

for candidate in python3.10 python3 python "$pyenv_root"/versions/3.10*/bin/python "$uv_python"; do
    [ -n "$candidate" ] || continue
    if is_python_310 "$candidate"; then
        # The interpreter's own word for where it is: a shim would follow .python-version elsewhere.
        exec "$candidate" -c 'import sys; print(sys.executable)'
    fi
done

echo "Python 3.10 is missing: install it (for example 'apt install python3.10', 'pyenv install 3.10' or 'uv python install 3.10') and run make again." >&2
exit 1
