"""The object store that the packages are uploaded to. Never deletes anything."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"


@dataclass(frozen=True)
class Store:
    """An S3-compatible store, reachable from here and from the pods, and the keys for it."""

    endpoint: str
    access_key: str
    secret_key: str

    def client(self) -> "S3Client":
        """A new client."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=REGION,
            config=Config(s3={"addressing_style": "path"}),
        )


def upload(store: Store, bucket: str, prefix: str, folder: Path) -> list[str]:
    """Put every file of `folder` under `prefix` of `bucket`, which is made when absent; the keys.

    The bucket keeps former versions: what is pinned can be fetched whatever is uploaded later.
    """
    client = store.client()
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError:
        client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    keys = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        key = f"{prefix}{file.relative_to(folder).as_posix()}"
        client.upload_file(str(file), bucket, key)
        keys.append(key)
    client.close()
    return keys
