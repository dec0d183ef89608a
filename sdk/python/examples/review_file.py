"""Hands a recording in, watches its review, and saves the reports.

python review_file.py 127.0.0.1:50551 interview.mp4 FOLDER
python review_file.py 127.0.0.1:50551 interview.mp4 FOLDER --reference identity_check.mp4
"""

from __future__ import annotations

import argparse
import pathlib

import liveproof
from liveproof.sync import Client


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("address", help="as 127.0.0.1:50551 or https://liveproof.example")
    parser.add_argument("recording", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--reference", type=pathlib.Path, help="the same person, verified, before the same camera")
    parser.add_argument("--key-file", type=pathlib.Path, help="holds the API key")
    return parser.parse_args()


def main() -> None:
    """Hands in, watches, fetches."""
    options = arguments()
    key = options.key_file.read_text() if options.key_file else None
    with Client(options.address, key=key) as client:
        review = client.submit_review(options.recording, reference=options.reference)
        for update in client.watch_review(review.review_id):
            if isinstance(update, liveproof.Segment):
                print(f"segment {update.index}: {update.outcome}")
            else:
                review = update
                if review.media_total_us:
                    print(f"{review.media_done_us / review.media_total_us:.0%}")
        print(f"{review.state.name.lower()}: {review.detail or f'{review.segments} segments'}")
        for form in (liveproof.ReportFormat.JSON, liveproof.ReportFormat.HTML):
            if form in review.reports:
                report = client.fetch_review(review.review_id, form)
                to = options.folder / report.file_name
                to.write_bytes(report.data)
                print(to)


if __name__ == "__main__":
    main()
