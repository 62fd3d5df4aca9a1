#!/bin/sh
# Prints the path of the newest Python from 3.11 to 3.13, or one sentence on standard error that says what is missing: what does
# not import Rasa is tested on it. 3.14 and later: raise this when requirements/core.lock has wheels for them.
# Looked for on the PATH and under pyenv.

pyenv_root=${PYENV_ROOT:-$HOME/.pyenv}

for minor in 13 12 11; do
    for candidate in "python3.$minor" "$pyenv_root"/versions/3."$minor".*/bin/python; do
        if "$candidate" -c "import sys, venv; sys.exit(sys.version_info[:2] != (3, $minor))" >/dev/null 2>&1; then
            # The interpreter's own word for where it is: a shim would follow .python-version elsewhere.
            exec "$candidate" -c 'import sys; print(sys.executable)'
        fi
    done
done

echo "A Python from 3.11 to 3.13 is missing: install one (for example 'apt install python3.11' or 'pyenv install 3.13') and run make again." >&2
exit 1
