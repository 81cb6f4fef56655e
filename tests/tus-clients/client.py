"""What tuspy does with a file: `python client.py '{"endpoint": "…", "headers": {…}, "file": "…", "way": "…"}'`.

Prints one line of JSON when it is done, and ends with 1 when the client reports an error.
"""

import asyncio
import json
import sys

from tusclient import client

asked = json.loads(sys.argv[1])
tus = client.TusClient(asked["endpoint"], headers=asked["headers"])
settings = {
    "file_path": asked["file"],
    "chunk_size": 1 << 20,
    "metadata": {"filename": asked["way"] + ".bin"},
}


def checked():
    """Every chunk with its SHA-1."""
    uploader = tus.uploader(upload_checksum=True, **settings)
    uploader.upload()
    return uploader.url


def resumed():
    """Stopped after two chunks, and gone on with by another uploader that knows the address only."""
    first = tus.uploader(**settings)
    first.upload(stop_at=2 << 20)
    second = tus.uploader(url=first.url, **settings)
    assert second.offset == 2 << 20, second.offset
    second.upload()
    return second.url


def asynchronous():
    """The other half of the library."""
    uploader = tus.async_uploader(**settings)
    asyncio.run(uploader.upload())
    return uploader.url


url = {"checked": checked, "resumed": resumed, "asynchronous": asynchronous}[asked["way"]]()
print(json.dumps({"url": url}))
