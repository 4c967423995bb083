"""Signs requests with botocore. Never looks up credentials."""

import logging
from collections.abc import Mapping

from aiapp.domain.objectstore.credentials import Credentials

logging.getLogger("botocore.auth").setLevel(logging.INFO)  # its debug lines hold session tokens and signatures


def signed(method: str, url: str, headers: Mapping[str, str], region: str, credentials: Credentials) -> dict[str, str]:
    """Returns the headers with an AWS Signature Version 4 over method, URL, `Host` and all `x-amz-` headers.

    Other headers are left out of the signature, since proxies and some stores change them on the way.
    """
    # Imported on first use: an operator whose versions are all pinned makes no requests to stores.
    from botocore.auth import S3SigV4Auth  # noqa: PLC0415
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415
    from botocore.credentials import Credentials as Keys  # noqa: PLC0415

    signable = {name: value for name, value in headers.items() if name.lower().startswith(("host", "x-amz-"))}
    request = AWSRequest(method, url, headers=signable)
    keys = Keys(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    S3SigV4Auth(keys, "s3", region).add_auth(request)
    return {**headers, **dict(request.headers.items())}
