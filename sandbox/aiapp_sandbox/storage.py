"""The S3 server of a sandbox, as a client: puts folders into it. Never starts or stops it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.state import Record, Service

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION: Final = "us-east-1"
_URI = re.compile(r"(?:obs|s3)://(?P<bucket>[a-z0-9][-a-z0-9.]{1,61}[a-z0-9])/(?P<prefix>.*)")


def client(service: Service) -> "S3Client":
    """A client with the server's own keys."""
    import boto3  # noqa: PLC0415 - half a second that nothing else of a sandbox needs
    from botocore.config import Config  # noqa: PLC0415

    return boto3.client(
        "s3",
        endpoint_url=service.endpoint,
        aws_access_key_id=service.access_key,
        aws_secret_access_key=service.secret_key,
        region_name=REGION,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


def upload(record: Record, folder: Path, uri: str) -> list[str]:
    """Put every file of `folder` under `uri`, in a bucket that is made with versions when absent; the URIs.

    SandboxError when the sandbox has no S3 server or `uri` is none.
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise SandboxError(f"'{uri}' is not obs://BUCKET/PATH/")
    if "s3" not in record.services:
        raise SandboxError(
            f"sandbox '{record.name}' has no S3 server: aiapp sandbox up --name {record.name}"
            f" --nodes {record.nodes} --with s3"
        )
    prefix = found["prefix"].rstrip("/")
    store = client(record.services["s3"])
    try:
        keys = put(store, found["bucket"], f"{prefix}/" if prefix else "", folder)
    finally:
        store.close()
    return [f"{uri.partition('://')[0]}://{found['bucket']}/{key}" for key in keys]


def put(store: "S3Client", bucket: str, prefix: str, folder: Path) -> list[str]:
    """Put every file of `folder` under `prefix` of `bucket`, which is made when absent; the keys.

    The bucket keeps former versions: what is pinned can be fetched whatever is uploaded later.
    """
    if bucket not in {one["Name"] for one in store.list_buckets()["Buckets"]}:
        store.create_bucket(Bucket=bucket)
        store.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    keys = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        keys.append(f"{prefix}{file.relative_to(folder).as_posix()}")
        store.upload_file(str(file), bucket, keys[-1])
    return keys
