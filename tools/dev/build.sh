#!/usr/bin/env bash
# Configures and builds a preset: build.sh [PRESET] [TARGET...].
set -euo pipefail
cd "${BLASTY_REPO:?run me through ./dev}"

preset="${1:-release}"
[ $# -gt 0 ] && shift
case "$preset" in
    release|dev|tsan) bash tools/dev/setup.sh build ;;
    clang|fuzz) bash tools/dev/setup.sh build fuzz ;;
    *) echo "build: no preset '$preset' (release, dev, tsan, clang, fuzz)" >&2; exit 2 ;;
esac
# A second clone finds the objects of the first one in ccache.
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS="time_macros,include_file_mtime,include_file_ctime"
mkdir -p build
log="build/$preset.configure.log"
if ! cmake -U BLASTY_MODULES --preset "$preset" >"$log" 2>&1; then
    cat "$log" >&2
    echo "build: configuring '$preset' failed" >&2
    exit 1
fi
if [ -t 1 ]; then
    exec ninja -C "build/$preset" "$@"
fi
log="build/$preset.build.log"
if ! ninja -C "build/$preset" "$@" >"$log" 2>&1; then
    grep -E -A 12 'FAILED|error|undefined reference' "$log" | head -n 80 >&2 || true
    tail -n 5 "$log" >&2
    echo "build: '$preset' failed; the whole output is in $log" >&2
    exit 1
fi
