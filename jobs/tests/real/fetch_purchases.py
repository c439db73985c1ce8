#!/usr/bin/env python3
"""Fetches purchases of real people and writes them as interactions: see README.md beside this file."""

import csv
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "lifetimes==0.11.3"
FILE = "Lifetimes-0.11.3/lifetimes/datasets/CDNOW_sample.txt"


def purchases(folder):
    """The lines of the sample: a customer's id in the whole and in the sample, the day, how many discs, dollars."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*pip, "--dest", folder, PACKAGE], check=True)
    (source,) = Path(folder).glob("*.tar.gz")
    with tarfile.open(source) as archive:
        return archive.extractfile(FILE).read().decode("ascii").splitlines()


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "fetched")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        lines = purchases(folder)
    with open(out / "cdnow.csv", "w", encoding="ascii", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["interaction_id", "learner_id", "ts", "capability", "cents"])
        for number, line in enumerate(lines):
            _, customer, day, _, dollars = line.split()
            ts = f"{day[:4]}-{day[4:6]}-{day[6:]}T12:00:00Z"
            rows.writerow([f"r{number:05}", customer, ts, "purchase", round(float(dollars) * 100)])
    print(f"{len(lines)} purchases in {out / 'cdnow.csv'}")


if __name__ == "__main__":
    main()
