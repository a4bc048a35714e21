#!/usr/bin/env bash
# Builds and starts a server; arguments go to `blasty serve`.
set -euo pipefail
cd "${BLASTY_REPO:?run me through ./dev}"

echo "run: building build/release/blasty (the first time takes some minutes)"
bash tools/dev/build.sh release blasty
exec build/release/blasty serve "$@"
