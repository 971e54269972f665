# Shared by the scripts beside it, which source it; not run by itself.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

# The one configuration of tests, demo and CI. A debug build compiles the kernels without optimisation, and any other
# flag compiles everything anew.
# shellcheck disable=SC2034
swift_flags=(-c release -Xswiftc -enable-testing)

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

# Prints the comment at the head of a script as its help; the first line of it is the usage line.
usage() { awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$root/script/${1:?}"; }

# An argument that a script does not know.
unknown_argument() {
  say "error: unknown argument '$2'"
  usage "$1" | head -n 1 >&2
  exit 64
}

# Warnings are errors from now on, in this tree of products: the flag is one of those that compile everything anew, so
# the demo has to follow what the tests did.
strict() {
  export ATOLL_STRICT=1
  mkdir -p .build
  touch .build/strict
}
[ ! -e .build/strict ] || export ATOLL_STRICT=1
