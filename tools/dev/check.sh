#!/usr/bin/env bash
# What must hold beside the tests: check.sh [PART...]. Parts in order of cost; every part runs, failures are listed.
# `locks` alone is quick; `tidy` holds it too.
set -euo pipefail
cd "${BLASTY_REPO:?run me through ./dev}"
bash tools/dev/setup.sh build check

parts=("$@")
[ ${#parts[@]} -eq 0 ] && parts=(format scripts layers contract headers tidy)
bad=()
jobs="$(nproc)"

cpp_files() { find src bench fuzz tests \( -name '*.cc' -o -name '*.h' \) 2>/dev/null | sort; }

compile_database() {
    # The generated .pb.h must exist before clang can read what includes them.
    bash tools/dev/build.sh clang blasty_protos
}

check_format() { cpp_files | xargs clang-format --dry-run --Werror; }
python_files() { git grep -lI -e '^#!.*python3' -- bench tests tools examples; git ls-files '*.py'; }
shell_files() { git grep -lI -e '^#!.*bash' -- dev .ci tools tests; }
# Names nobody defines, syntax: what an interpreter would tell only where it passes.
check_scripts() {
    local bad=0
    python_files | sort -u | xargs /usr/bin/pyflakes3 || bad=1
    for file in $(shell_files); do bash -n "$file" || bad=1; done
    return $bad
}
check_layers() { /usr/bin/python3 tools/check_layers; }
check_contract() { /usr/bin/python3 tools/check_contract; }
check_headers() { compile_database && /usr/bin/python3 tools/check_compile headers "$jobs"; }
check_locks() { compile_database && /usr/bin/python3 tools/check_compile locks "$jobs"; }
check_tidy() { compile_database && /usr/bin/python3 tools/check_compile tidy "$jobs"; }

for part in "${parts[@]}"; do
    case "$part" in
        format|scripts|layers|contract|headers|locks|tidy) ;;
        *) echo "check: no part '$part'" >&2; exit 2 ;;
    esac
    start=$SECONDS
    if "check_$part"; then
        echo "ok    check $part  ($((SECONDS - start)) s)"
    else
        echo "FAIL  check $part"
        bad+=("$part")
    fi
done
if [ ${#bad[@]} -gt 0 ]; then
    echo "check: failed: ${bad[*]}" >&2
    exit 1
fi
