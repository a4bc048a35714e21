#!/usr/bin/env bash
# Installs the Debian packages of the given uses (tools/packages.txt; default: all) that are missing.
set -euo pipefail
cd "${BLASTY_REPO:?run me through ./dev}"

missing=()
while read -r use packages; do
    case "$use" in ''|'#'*) continue ;; esac
    if [ $# -gt 0 ] && [[ " $* " != *" $use "* ]]; then continue; fi
    for package in $packages; do
        status="$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)"
        [ "$status" = "install ok installed" ] || missing+=("$package")
    done
done < tools/packages.txt
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "setup: these Debian 12 packages are needed, and there is no apt-get here: ${missing[*]}" >&2
    exit 1
fi
sudo=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: as root, run: apt-get install ${missing[*]}" >&2; exit 1; }
    sudo=(sudo)
fi
echo "setup: installing ${missing[*]}"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if ! { "${sudo[@]}" apt-get update -q &&
       "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } \
     >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    echo "setup: apt-get failed; its last lines are above" >&2
    exit 1
fi
