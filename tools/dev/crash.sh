#!/usr/bin/env bash
# Kills the real server under load again and again and checks an outside record: crash.sh [SECONDS].
set -euo pipefail
cd "${BLASTY_REPO:?run me through ./dev}"
bash tools/dev/build.sh release blasty kill_loop
exec build/release/tests/crash/kill_loop --blasty build/release/blasty --seconds "${1:-60}"
