"""`python -m tests.web.reference`: ask every example anew, and write the answers down.

STORY, TALKS ──▶ a real gateway ──▶ web/reference/told.json ──▶ /docs
"""

import json
import tempfile
from pathlib import Path

import trio

from tests.web.reference.desk import tell_all
from web.reference.examples import TOLD_AT


def main():
    """Write down what is answered today."""
    with tempfile.TemporaryDirectory() as folder:
        told = trio.run(tell_all, Path(folder))
    TOLD_AT.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for answer in told["answers"]:
        print(answer["status"], answer["endpoint"], answer["path"])


if __name__ == "__main__":
    main()
