"""Making a PDF in a process of its own: it takes all of a core for seconds, and memory that only its end gives back."""

import asyncio
import sys
from dataclasses import asdict
from datetime import datetime

import orjson

from services.scoring.service.report.blocks import Document

PROGRAM = "services.scoring.service.report.as_pdf"
"""Started, never imported: neither the API nor the worker loads what sets the pages."""


class PdfFailed(Exception):
    """The process ended without a PDF; what it said is in the message."""


async def make_pdf(document: Document, made_at: datetime) -> bytes:
    """The document as a PDF. The process does not outlive the wait for it."""
    given = orjson.dumps({"document": asdict(document), "made_at": made_at})
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        content, said = await process.communicate(given)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not content:
        raise PdfFailed(f"ended with {process.returncode}: {said.decode(errors='replace')[-1000:]}")
    return content
