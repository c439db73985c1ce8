#!/usr/bin/env python3
"""Fetches the rated reviews and writes them as turns: see README.md beside this file."""

import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "vaderSentiment==3.3.2"
ARCHIVE = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
REVIEWS = "hutto_ICWSM_2014/amazonReviewSnippets_GroundTruth.txt"


def reviews(folder):
    """The text of the reviews, out of the archive in the source archive."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*pip, "--dest", folder, PACKAGE], check=True)
    (source,) = Path(folder).glob("*.tar.gz")
    with tarfile.open(source) as outer:
        archive = outer.extractfile(ARCHIVE).read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as inner:
        return inner.extractfile(REVIEWS).read().decode("utf-8")


def turns(text):
    """Lines of `review_sentence`, rating from -4 to 4, sentence: as turns of sessions.

    Some numbers are missing in the file, of reviews and of sentences; they stay missing."""
    for line in text.splitlines():
        key, rating, sentence = line.split("\t", 2)
        review, number = map(int, key.split("_"))
        yield {
            "session_id": f"amz-{review:03}",
            "turn_index": number - 1,
            "role": "user",
            "text": sentence,
            "human_valence": float(rating) / 4,
        }


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "fetched")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        rows = list(turns(reviews(folder)))
    # One sentence of the file stands after later ones.
    rows.sort(key=lambda row: (row["session_id"], row["turn_index"]))
    with open(out / "reviews_turns.jsonl", "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{len(rows)} turns in {out / 'reviews_turns.jsonl'}")


if __name__ == "__main__":
    main()
