#!/usr/bin/env bash
# Runs one fuzzer for some seconds: fuzz.sh NAME [SECONDS]. Found inputs stay in build/fuzz/found.
set -euo pipefail
cd "${BLASTY_REPO:?run me through ./dev}"
names="$(find fuzz -name 'fuzz_*.cc' -printf '%f\n' | sed 's/^fuzz_//; s/\.cc$//' | sort | tr '\n' ' ')"
if [ $# -eq 0 ]; then
    echo "fuzzers: $names"
    exit 0
fi
name="$1"
seconds="${2:-60}"
[[ " $names " == *" $name "* ]] || { echo "fuzz: no fuzzer '$name' (there are: $names)" >&2; exit 2; }
bash tools/dev/build.sh fuzz "fuzz_$name"
mkdir -p build/fuzz/found "build/fuzz/corpus_$name"
exec "build/fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" -print_final_stats=1 \
    -artifact_prefix=build/fuzz/found/ "build/fuzz/corpus_$name"
