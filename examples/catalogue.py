#!/usr/bin/python3
"""Prints this machine's package catalogue as JSON lines, one package a line.

    examples/catalogue.py > packages.jsonl
    blasty pub catalogue --lines packages.jsonl

    examples/catalogue.py --table > packages.ndjson
    blasty import packages packages.ndjson --create --key name

Reads the lists that apt keeps (/var/lib/apt/lists/*_Packages*, compressed or not) or the files
given. A package that several lists hold is printed once.
"""
import argparse
import glob
import gzip
import io
import json
import lzma
import os
import subprocess
import sys

LISTS = "/var/lib/apt/lists/*_Packages*"
APT_HELPER = "/usr/lib/apt/apt-helper"
NUMBERS = {"Installed-Size": "installed_kib", "Size": "size"}
TEXTS = {
    "Package": "name",
    "Version": "version",
    "Section": "section",
    "Architecture": "architecture",
    "Maintainer": "maintainer",
    "Homepage": "homepage",
    "Depends": "depends",
}


def open_list(path):
    """The text of a list, whatever it is compressed with."""
    if path.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    if path.endswith(".xz"):
        return lzma.open(path, "rt", encoding="utf-8", errors="replace")
    if path.endswith((".lz4", ".zst", ".bz2")):
        helper = subprocess.Popen([APT_HELPER, "cat-file", path], stdout=subprocess.PIPE)
        return io.TextIOWrapper(helper.stdout, encoding="utf-8", errors="replace")
    return open(path, "r", encoding="utf-8", errors="replace")


def paragraphs(lines):
    """Fields of one package after another."""
    fields, name = {}, None
    for line in lines:
        line = line.rstrip("\n")
        if not line:
            if fields:
                yield fields
            fields, name = {}, None
        elif line[0] in " \t":
            if name:
                fields[name] += "\n" + line.strip()
        else:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    if fields:
        yield fields


def package(fields):
    out = {key: fields[field] for field, key in TEXTS.items() if fields.get(field)}
    for field, key in NUMBERS.items():
        if fields.get(field, "").isdigit():
            out[key] = int(fields[field])
    summary, _, rest = fields.get("Description", "").partition("\n")
    out["description"] = summary
    if rest:
        out["text"] = rest
    if fields.get("Tag"):
        out["tags"] = [tag.strip() for tag in fields["Tag"].replace("\n", " ").split(",") if tag.strip()]
    return out


# Columns of the table `packages`, the same in every line.
COLUMNS = ("name", "version", "section", "maintainer", "size", "description", "depends")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", help=f"lists to read [{LISTS}]")
    parser.add_argument("--limit", type=int, default=0, help="so many packages only")
    parser.add_argument("--table", action="store_true", help="only the columns of the table `packages`")
    arguments = parser.parse_args()
    files = arguments.files or sorted(p for p in glob.glob(LISTS) if not p.endswith(".diff_Index"))
    if not files:
        print("catalogue.py: there are no apt lists; run `apt-get update` first, or name files", file=sys.stderr)
        return 1
    seen = set()
    for path in files:
        with open_list(path) as lines:
            for fields in paragraphs(lines):
                if "Package" not in fields or fields["Package"] in seen:
                    continue
                seen.add(fields["Package"])
                row = package(fields)
                if arguments.table:
                    row = {column: row.get(column) for column in COLUMNS}
                print(json.dumps(row, ensure_ascii=False))
                if len(seen) == arguments.limit:
                    return 0
    return 0


if __name__ == "__main__":
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
