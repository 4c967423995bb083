"""Short-lived addresses of single objects, which need no keys. Sends nothing, reads no clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiapp.domain.objectstore.credentials import Credentials
from aiapp.s3.addressing import Address
from aiapp.s3.signature import ALGORITHM, scope, signature, stamp

LONGEST_SECONDS: Final = 7 * 24 * 3600
"""Stores accept no later end."""
_SIGNED_HEADERS: Final = "host"
"""Others may be sent beside it, such as Range and If-Match, which change from request to request."""


@dataclass(frozen=True, slots=True)
class Presigner:
    """Signs GET requests for objects of one bucket."""

    address: Address
    region: str
    keys: Credentials

    def target(self, key: str, version_id: str | None, now: datetime, seconds: int) -> str:
        """Path and query by which whoever has them may read the object for so many seconds from `now` (UTC) on."""
        moment = stamp(now)
        within = scope(moment, self.region)
        query = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.keys.access_key_id}/{within}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(min(seconds, LONGEST_SECONDS)),
            "X-Amz-SignedHeaders": _SIGNED_HEADERS,
        }
        query |= {"X-Amz-Security-Token": self.keys.session_token} if self.keys.session_token else {}
        query |= {"versionId": version_id} if version_id is not None else {}
        unsigned = self.address.target(key, query)
        path, _, encoded = unsigned.partition("?")
        canonical = f"GET\n{path}\n{encoded}\nhost:{self.address.host}\n\n{_SIGNED_HEADERS}\nUNSIGNED-PAYLOAD"
        return f"{unsigned}&X-Amz-Signature={signature(canonical, moment, within, self.keys.secret_access_key)}"
