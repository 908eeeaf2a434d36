#!/bin/sh
# Names the Python that `make` sets an environment up with, unless PYTHON= does.
#
# It is python3, but for one that somebody compiled without Python's own optimisation (pyenv does, unless told): of that,
# a page costs an eighth to a quarter more. Then the system's is taken, if it is new enough and can make
# environments; the distribution keeps that one secure, too. See docs/decisions/platform.md.
#
#     python.sh [THE_SYSTEMS]      by default /usr/bin/python3
system=${1:-/usr/bin/python3}

fits() {
  "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# A distribution's own has the prefix /usr: it is optimised by flags that Python does not note.
plain() {
  "$1" -c 'import sys, sysconfig
flags = sysconfig.get_config_var("CONFIG_ARGS") or ""
sys.exit(sys.base_prefix == "/usr" or sys.platform != "linux" or "--enable-optimizations" in flags)' 2>/dev/null
}

if fits "$system" && { ! fits python3 || plain python3; }; then
  echo "$system"
else
  echo python3
fi
