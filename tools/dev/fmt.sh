#!/usr/bin/env bash
# Formats every C++ file in place.
set -euo pipefail
cd "${BLASTY_REPO:?run me through ./dev}"
bash tools/dev/setup.sh check
find src bench fuzz tests \( -name '*.cc' -o -name "*.h" \) 2>/dev/null | xargs clang-format -i
