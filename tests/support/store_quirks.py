"""What stores leave out, write otherwise or answer wrongly, a class each."""

from dataclasses import dataclass, replace

from tests.support.quirky_store import Asked, QuirkyStore, Reply, refused
from typing_extensions import override


class NoVersions(QuirkyStore):
    @override
    def versions(self, asked: Asked) -> Reply:
        return refused(403, "AccessDenied")


class KnowsNoTokens(NoVersions):
    """Takes the second version of the request for the first one, as its documentation has only that."""

    @override
    def objects(self, asked: Asked) -> Reply:
        keys, more = self.page(asked, asked.query.get("marker", ""))
        rest = self.next_marker(keys[-1]) if more else ""
        return self.listing("ListBucketResult", "".join(self.member("Contents", key) for key in keys), rest, more=more)

    def next_marker(self, key: str) -> str:
        return f"<NextMarker>{key}</NextMarker>"


class TellsNoMarker(KnowsNoTokens):
    @override
    def next_marker(self, key: str) -> str:
        return ""


class TellsNoKeyMarker(QuirkyStore):
    @override
    def next_key_marker(self, key: str) -> str:
        return ""


class TakesVersionsForObjects(QuirkyStore):
    @override
    def versions(self, asked: Asked) -> Reply:
        return self.objects(asked)


class WeakEtags(QuirkyStore):
    """As a proxy makes them that compresses what passes."""

    @override
    def object_headers(self, key: str) -> dict[str, str]:
        return {"ETag": f'W/"{self.etag(key)}"'}


class WeakEtagsEverywhere(WeakEtags):
    @override
    def listed_etag(self, key: str) -> str:
        return f"<ETag>W/&quot;{self.etag(key)}&quot;</ETag>"


class BareEtags(QuirkyStore):
    """Writes no quotes, and wants none."""

    @override
    def listed_etag(self, key: str) -> str:
        return f"<ETag>{self.etag(key)}</ETag>"

    @override
    def object_headers(self, key: str) -> dict[str, str]:
        return {"ETag": self.etag(key)}

    @override
    def holds(self, condition: str | None, key: str) -> bool:
        return condition == self.etag(key)


class NoEtagOfObjects(QuirkyStore):
    @override
    def object_headers(self, key: str) -> dict[str, str]:
        return {}


class IgnoresRanges(QuirkyStore):
    @override
    def object(self, key: str, asked: Asked) -> Reply:
        return super().object(key, replace(asked, headers={k: v for k, v in asked.headers.items() if k != "range"}))


class ShortParts(QuirkyStore):
    """Sends less of a range than was asked for."""

    @override
    def object(self, key: str, asked: Asked) -> Reply:
        reply = super().object(key, asked)
        assert isinstance(reply.body, bytes)
        return replace(reply, body=reply.body[:-1]) if "range" in asked.headers else reply


class OtherWhole(QuirkyStore):
    """Says that the object of which it sends a part has another size."""

    @override
    def object(self, key: str, asked: Asked) -> Reply:
        reply = super().object(key, asked)
        return replace(reply, headers={**reply.headers, "Content-Range": "bytes 0-1/7"})


class NoEtags(QuirkyStore):
    @override
    def listed_etag(self, key: str) -> str:
        return ""


class SamePageAgain(NoVersions):
    @override
    def page(self, asked: Asked, after: str) -> tuple[list[str], bool]:
        return super().page(asked, "")[0], True


NOTHING = Reply()


@dataclass
class Always(QuirkyStore):
    """Answers everything alike."""

    reply: Reply = NOTHING

    @override
    def answer(self, asked: Asked) -> Reply:
        return self.reply
