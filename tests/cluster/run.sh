#!/usr/bin/env bash
# Runs the tests against a real control plane: builds it, starts it, tests, and
# takes it down again. Arguments go to the test binary.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

dir=$(mktemp -d "${TMPDIR:-/tmp}/flightdeck-bed.XXXXXX")

finish() {
    local status=$?
    trap '' INT TERM HUP
    "$here/bed.sh" down "$dir"
    if [[ $status = 0 ]]; then
        rm -rf "$dir"
    else
        echo "the bed's logs and the API server's audit log are in $dir" >&2
    fi
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
# Should this script be killed outright, nobody is left to run the trap but this.
# shellcheck disable=SC2016  # $1 to $3 are the inner shell's
setsid bash -c 'tail --pid="$1" -f /dev/null; "$2" down "$3"' guard "$$" "$here/bed.sh" "$dir" </dev/null >/dev/null 2>&1 &

"$here/bed.sh" build >/dev/null
"$here/bed.sh" up "$dir"
export FLIGHTDECK_BED=$dir
cargo test --test cluster -- --test-threads=1 "$@"
