#!/usr/bin/env bash
# Runs one benchmark and prints its table: bench.sh NAME [ARGUMENTS].
set -euo pipefail
cd "${BLASTY_REPO:?run me through ./dev}"
names="$(find bench -maxdepth 1 -name 'run_*' -printf '%f\n' 2>/dev/null | sed 's/^run_//' | sort | tr '\n' ' ')"
if [ $# -eq 0 ]; then
    echo "benchmarks: $names"
    exit 0
fi
name="$1"
shift
[[ " $names " == *" $name "* ]] || { echo "bench: no benchmark '$name' (there are: $names)" >&2; exit 2; }
bash tools/dev/setup.sh bench
bash tools/dev/build.sh release
exec /usr/bin/python3 "bench/run_$name" build/release "$@"
