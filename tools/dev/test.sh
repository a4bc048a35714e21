#!/usr/bin/env bash
# Builds everything and runs all suites: test.sh [WORD...] runs only suites whose name contains a word.
# One line per suite; the output of a suite only when it fails.
set -euo pipefail
cd "${BLASTY_REPO:?run me through ./dev}"
bash tools/dev/setup.sh build test

suites=()
echo "build: release"
bash tools/dev/build.sh release
for module in base io exec analysis index log topics tables live search engine rpc compat client server cli; do
    test="build/release/src/$module/${module}_test"
    [ -x "$test" ] && suites+=("${module}_test=$test")
done
for extra in tests/crash/record_test tests/sim/sim_test; do
    [ -x "build/release/$extra" ] && suites+=("$(basename "$extra")=build/release/$extra")
done
blasty="build/release/blasty"
for script in tests/e2e/e2e_*; do
    [ -x "$script" ] && suites+=("$(basename "$script")=/usr/bin/python3 $script $blasty")
done
[ -x build/release/tests/crash/kill_loop ] &&
    suites+=("kill_loop=build/release/tests/crash/kill_loop --blasty $blasty --seconds 15")
[ -x build/release/tests/crash/live_kill_loop ] &&
    suites+=("live_kill_loop=build/release/tests/crash/live_kill_loop --blasty $blasty --seconds 15")
[ -x build/release/tests/oracle/oracle ] &&
    suites+=("oracle=build/release/tests/oracle/oracle --commits 100000")
[ -x tests/crash/disk_full ] && suites+=("disk_full=/usr/bin/python3 tests/crash/disk_full $blasty")

# Sanitizers where the whole program is ours: Debian's gRPC is not instrumented.
modules="base io exec analysis index log topics tables live search engine"
for preset in dev tsan; do
    targets=()
    for module in $modules; do
        compgen -G "src/$module/*_test.cc" >/dev/null && targets+=("${module}_test")
    done
    echo "build: $preset"
    bash tools/dev/build.sh "$preset" "${targets[@]}"
    for target in "${targets[@]}"; do
        suites+=("$preset/$target=build/$preset/src/${target%_test}/$target")
    done
done
exec /usr/bin/python3 tools/run_suites "${suites[@]}" -- "$@"
