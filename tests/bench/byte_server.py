"""nginx as an object store that costs next to nothing: bytes, ranges, If-Match, and listings made beforehand.

Checks no signature and knows no versions: for how fast bytes come, never for what S3 means.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from tests.support.waiting import eventually

BUCKET: Final = "bench"
CONFIGURATION: Final = """
daemon off; worker_processes auto; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  map $arg_prefix $listing {{ default /lists/none.xml; "~^(?<shape>[a-z]+)" /lists/$shape.xml; }}
  server {{
    listen 127.0.0.1:{port}; root {folder}/www;
    location = /bench {{ default_type application/xml; try_files $listing =404; }}
    location = /bench/ {{ default_type application/xml; try_files $listing =404; }}
  }}
}}
"""


def objects(folder: Path) -> Path:
    """Where the objects of the bucket lie."""
    return folder / "www" / BUCKET


def write_listing(folder: Path, prefix: str, entries: Sequence[tuple[str, int, str]]) -> None:
    """Key, size and ETag of all objects below `prefix/`: the answer to any listing of it, as one page."""
    rows = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        f"<ETag>{escape(etag)}</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for key, size, etag in entries
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{BUCKET}</Name><Prefix>{prefix}/</Prefix><KeyCount>{len(entries)}</KeyCount>"
        f"<MaxKeys>{len(entries)}</MaxKeys><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
    )
    lists = folder / "www" / "lists"
    lists.mkdir(parents=True, exist_ok=True)
    (lists / f"{prefix}.xml").write_text(text)


@contextmanager
def byte_server(folder: Path) -> Iterator[str]:
    """Its endpoint."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        raise SystemExit("the byte server of this bench is nginx: apt-get install nginx-light")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    write_listing(folder, "none", [])  # what an inquiry about the bucket itself gets
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port))
    os.chmod(folder, 0o755)  # noqa: PTH101 - its workers are another user
    process = subprocess.Popen([program, "-c", str(configuration)], stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: _listens(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
