"""Writes the pictures of the quarterly pack in `docs/images/` from the sample programme: `make docs-images`."""

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from bellwether.api import Api
from bellwether.errors import OperationFailed
from local.environment import Addresses
from local.errors import LocalError
from local.interruptions import Interruptions
from local.load import load_folder, wait_until_fresh
from local.progress import Progress
from local.review import review_quarter
from local.run import SAMPLE
from local.servers.embedded import claimed
from local.stack import running_stack
from local.supervisor import PROJECT

IMAGES = PROJECT / "docs" / "images"
EARLIER, QUARTER = ("2025Q4", "2026Q1", "2026Q2"), "2026Q3"
SUPPLIER = "SP-211"  # the key supplier that loses share
MOVERS, BEFORE_SUPPLIERS = 3, 7
"""The page with the movers; how many pages come before those with one supplier each, which follow by rank."""
DOTS_PER_INCH = 72
LINES = {"report-movers": 760, "report-supplier": 560}
"""How much of each page is drawn, from above."""
SECONDS = 60
PDF = {"Accept": "application/pdf"}


def main() -> int:
    """Load the sample programme into a stack of its own, review the quarter, draw pages of its PDF."""
    drawer = shutil.which("pdftoppm")
    if drawer is None:
        sys.stderr.write("pdftoppm is needed: apt install poppler-utils, or brew install poppler\n")
        return 1
    interruptions = Interruptions()
    interruptions.install()
    try:
        with tempfile.TemporaryDirectory() as folder:
            pdf = Path(folder) / "report.pdf"
            content, rank = _report(Path(folder) / "state", interruptions)
            pdf.write_bytes(content)
            IMAGES.mkdir(exist_ok=True)
            for (name, lines), page in zip(LINES.items(), (MOVERS, BEFORE_SUPPLIERS + rank), strict=True):
                part = ["-x", "0", "-y", "0", "-W", "595", "-H", str(lines), "-f", str(page), "-l", str(page)]
                options = ["-png", "-singlefile", "-r", str(DOTS_PER_INCH), *part]
                subprocess.run([drawer, *options, str(pdf), str(IMAGES / name)], check=True)
    except OperationFailed as error:
        sys.stderr.write(f"\nError: {error}\n")
        return 1
    return 0


def _report(state: Path, interruptions: Interruptions) -> tuple[bytes, int]:
    """The pack, and the place of SUPPLIER in it."""
    state.mkdir()
    progress, addresses = Progress(Console()), Addresses.from_environment()
    with (
        claimed(state),
        running_stack(state, addresses, progress, keep_data=False, on_failure=interruptions.fail) as stack,
        contextlib.ExitStack() as apis,
    ):
        callers = [stack.create_client("images"), *stack.people]
        client, asking, publishing = (
            apis.enter_context(contextlib.closing(Api(addresses, caller))) for caller in callers
        )
        load_folder(client, SAMPLE, progress)
        wait_until_fresh(client)
        for quarter in EARLIER:
            review = asking.post("scoring", "/v1/qbrs", {"quarter": quarter})
            asking.finished("scoring", review, frozenset({"computing"}), SECONDS)
            publishing.change("scoring", f"/v1/qbrs/{quarter}", "publish")
        review_quarter(asking, publishing, SAMPLE, progress)
        ranks = [each["supplier_code"] for each in client.items("scoring", f"/v1/qbrs/{QUARTER}/scorecards")]
        for _ in range(2 * SECONDS):  # the worker sets the PDF: 202 until it is there
            answer = client.call("GET", "scoring", f"/v1/qbrs/{QUARTER}/report", headers=PDF)
            if answer.headers["Content-Type"] == PDF["Accept"]:
                return answer.content, ranks.index(SUPPLIER) + 1
            time.sleep(0.5)
    raise LocalError("The pack's PDF was not made within a minute.")


if __name__ == "__main__":
    sys.exit(main())
