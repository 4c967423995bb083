"""The result of checking a package or a file of manifests, as a document. Never looks at either itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final, Literal

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.version import ModelStatus
from aiapp.domain.package.inspection import Inspection, Invalid, Unresolved, Valid
from aiapp.domain.package.wheels import misfits
from aiapp.domain.runtimes.catalogue import Resolution, Resolved, asked, differences, resolve
from aiapp.domain.sizes import human_size
from aiapp.domain.weights.found import described
from aiapp.modelarts.diagnostics import Diagnostic
from aiapp.modelarts.model_types import IMAGE

REFUSING: Final = frozenset({Reason.PREFIX_EMPTY, Reason.KEY_REFUSED, Reason.LIMIT_EXCEEDED})
"""Why a source is not resolved though it could be looked at: faults of the package."""
_OF_THE_CLUSTER: Final = frozenset({Reason.IMAGE_NOT_CONFIGURED})
"""What is wrong with a runtime here need not be wrong there."""


class CheckExitCode(IntEnum):
    """Of `aiapp check`. With several targets a refusal counts more than one that was not checked."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """One target."""

    target: str
    """As it was named."""
    outcome: Literal["accepted", "refused", "unknown"]
    """Unknown: it was not checked."""
    message: str
    """The message that a condition of the version would have; of what is accepted, a summary."""
    reason: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    """Files in them are relative to the target, unless that is a file itself."""
    package: Mapping[str, Any] | None = None
    """What the version's status would show of an accepted package."""

    def document(self) -> dict[str, Any]:
        """As JSON: only what is known, but always `target`, `outcome`, `message` and `diagnostics`."""
        diagnostics = [{key: value for key, value in one._asdict().items() if value} for one in self.diagnostics]
        optional = {"reason": self.reason, "package": self.package}
        found = {"target": self.target, "outcome": self.outcome, "message": self.message, "diagnostics": diagnostics}
        return found | {key: value for key, value in optional.items() if value is not None}


def of_package(target: str, found: Inspection) -> Checked:
    """What an operator would do with the package."""
    match found:
        case Valid():
            return Checked(target, "accepted", _summary(found), diagnostics=found.diagnostics, package=_package(found))
        case Invalid(_, _, reason, message, diagnostics):
            return Checked(
                target, "refused", message, reason, diagnostics or (Diagnostic("error", message, reason=reason),)
            )
        case Unresolved(reason, message, retryable):
            outcome: Literal["refused", "unknown"] = "refused" if reason in REFUSING and not retryable else "unknown"
            return Checked(target, outcome, message, reason, (Diagnostic("error", message, reason=reason),))
        case _:
            raise ValueError("a check knows no earlier listing")


def of_documents(target: str, objects: int, diagnostics: tuple[Diagnostic, ...]) -> Checked:
    """What the API server would do with the objects, as far as that can be known without one."""
    if diagnostics:
        more = f"; and {len(diagnostics) - 1} more" if len(diagnostics) > 1 else ""
        return Checked(target, "refused", f"{diagnostics[0].message}{more}", diagnostics[0].reason, diagnostics)
    return Checked(target, "accepted", f"{objects} {'object' if objects == 1 else 'objects'} of ours")


def with_runtime(checked: Checked, wanted: str | None, catalogue: Mapping[str, RuntimeSpec]) -> Checked:
    """The same with a word on its runtime, where the catalogue has no such one or one that differs from its name.

    A fault if it is `wanted`; a mere warning if config.json names it, or none, since `spec.runtime` can name another.
    """
    if checked.package is None or checked.package["model"]["type"] == IMAGE.name:
        return checked
    model = ModelStatus.model_validate({**checked.package["model"], "runtime": checked.package.get("runtime")})
    found = resolve(wanted, model, catalogue)
    if isinstance(found, Resolved) or found.reason in _OF_THE_CLUSTER:
        warnings = [differences(asked(wanted, model) or "", _full_name(found))]
        warnings += misfits(model.dependencies or (), _full_name(found))
        return replace(
            checked, diagnostics=(*checked.diagnostics, *(Diagnostic("warning", one) for one in warnings if one))
        )
    if wanted is None:
        return replace(
            checked, diagnostics=(*checked.diagnostics, Diagnostic("warning", found.message, reason=found.reason))
        )
    fault = Diagnostic("error", found.message, reason=found.reason)
    return replace(
        checked,
        outcome="refused",
        message=found.message,
        reason=found.reason,
        diagnostics=(fault, *checked.diagnostics),
    )


def _full_name(found: Resolution) -> str:
    return (found.status.name if isinstance(found, Resolved) else found.name) or ""


def exit_code(found: Iterable[Checked]) -> CheckExitCode:
    """Of the optional command."""
    outcomes = {checked.outcome for checked in found}
    if "refused" in outcomes:
        return CheckExitCode.REFUSED
    return CheckExitCode.UNKNOWN if "unknown" in outcomes else CheckExitCode.OK


def _summary(package: Valid) -> str:
    files = f"{package.manifest.objects} {'file' if package.manifest.objects == 1 else 'files'}"
    weights = f", {described(package.model.weights)}" if package.model.weights else ""
    kind = f"{package.model.type}, {package.model.algorithm}{weights}"
    pin = "" if _is_local(package) else f", {package.manifest.pin}"
    if package.image_reference is not None:
        return f"{kind}, {package.image_reference} (the registry is not asked)"
    return f"{kind}, {files}, {human_size(package.manifest.bytes)}{pin}"


def _package(package: Valid) -> dict[str, Any]:
    pin = {} if _is_local(package) else {"pin": package.manifest.pin}
    artifact = {
        **pin,
        "objects": package.manifest.objects,
        "bytes": package.manifest.bytes,
        "size": human_size(package.manifest.bytes),
    }
    model = package.model.model_dump(mode="json", by_alias=True, exclude_none=True)
    runtime = {} if package.runtime is None else {"runtime": package.runtime}
    return {"uri": package.uri, "artifact": artifact, "model": model, **runtime}


def _is_local(package: Valid) -> bool:
    """Then its pin is none: a store has ETags of its own."""
    return package.uri.startswith("file:")
