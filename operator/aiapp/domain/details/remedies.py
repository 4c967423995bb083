"""What to do about each reason that keeps a version or an application from being Ready, in one sentence.

The messages of conditions name what is at fault; docs/how-to/troubleshooting.md says more.
"""

from collections.abc import Mapping
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.application.advice import ADVICE

_PACKAGE: Final = "correct the package (`aiapp check` says all that is wrong with it), and upload it again"
_INPUTS: Final = "compare spec.source.template with `kubectl describe inferencetemplate`"
_REGISTRY: Final = "compare the reference with the registry, and look at container.imagePullSecrets"
_TRAIN_AGAIN: Final = "train again, and name the new job in a new version"
_RUNTIMES: Final = "take one of `kubectl get inferenceruntimes`"
_SETTINGS: Final = "ask the administrator: the message names the setting"
_WAIT: Final = "wait: it goes on by itself"

OF_VERSIONS: Final[Mapping[Reason, str]] = {
    Reason.SECRET_NOT_FOUND: "create or correct the Secret that the message names, in the namespace of the version",
    Reason.CREDENTIALS_DENIED: ADVICE[Reason.CREDENTIALS_DENIED],
    Reason.CA_BUNDLE_NOT_FOUND: "create or correct what caBundleRef names, in the namespace of the version",
    Reason.CA_BUNDLE_INVALID: "put certificates in PEM form into what caBundleRef names",
    Reason.ENDPOINT_REFUSED: _SETTINGS,
    Reason.ENDPOINT_UNREACHABLE: "compare its address with the message; if it is right, see whether it runs",
    Reason.TLS_NOT_TRUSTED: "name the authority of the certificate in caBundleRef",
    Reason.ACCESS_DENIED: "compare uri, endpoint and region with the store; the key has to list and to get objects",
    Reason.BUCKET_NOT_FOUND: "compare uri, endpoint and region with the store",
    Reason.PREFIX_EMPTY: "compare uri with the store, or upload the package",
    Reason.OBJECT_ARCHIVED: "restore the object from its storage class, or upload it again",
    Reason.LISTING_UNSTABLE: "let nothing write into the folder while it is read; it is tried again",
    Reason.LIMIT_EXCEEDED: "make the package smaller, or have the setting raised that the message names",
    Reason.KEY_REFUSED: "rename the object that the message names",
    Reason.CONFIG_MISSING: _PACKAGE,
    Reason.CONFIG_AMBIGUOUS: _PACKAGE,
    Reason.CONFIG_INVALID: _PACKAGE,
    Reason.MODEL_TYPE_UNSUPPORTED: _PACKAGE,
    Reason.MODEL_FILES_MISSING: "put what the message asks for into the folder, or name the folder that has it",
    Reason.SERVICE_CODE_MISSING: _PACKAGE,
    Reason.SERVICE_CODE_INVALID: _PACKAGE,
    Reason.WEIGHTS_INVALID: _PACKAGE,
    Reason.MODEL_FILES_AMBIGUOUS: "name a folder that holds one of the files",
    Reason.TARGET_CONFLICT: "name folders whose files do not meet",
    Reason.TEMPLATE_NOT_FOUND: "take one of `kubectl get inferencetemplates`",
    Reason.TEMPLATE_INVALID: "have the InferenceTemplate corrected, or take another one",
    Reason.INPUT_MISSING: _INPUTS,
    Reason.INPUT_UNKNOWN: _INPUTS,
    Reason.MODE_NOT_OVERRIDABLE: _INPUTS,
    Reason.DIGEST_MISMATCH: "put the files there whose digest spec.source states",
    Reason.PIN_MISMATCH: "put the former files back, or register the new ones under another number",
    Reason.SOURCE_CHANGED: "nothing, or register what lies there now as another version",
    Reason.SOURCE_LOST: "put the pinned files back, or register what lies there as another version",
    Reason.MANIFEST_MISSING: "put the pinned files back: the manifest is made again from them",
    Reason.IMAGE_NOT_FOUND: _REGISTRY,
    Reason.IMAGE_UNSUPPORTED: _REGISTRY,
    Reason.IMAGE_INCOMPLETE: "push the image again",
    Reason.PLATFORM_MISSING: "build the image for a platform of the nodes, and push it",
    Reason.IMAGE_COPYING: _WAIT,
    Reason.RATE_LIMITED: "name a login in container.imagePullSecrets, or wait: it goes on by itself",
    Reason.TRAINING_JOB_RUNNING: "wait for the job",
    Reason.TRAINING_JOB_NOT_FOUND: "create the job, or compare kind and name",
    Reason.TRAINING_JOB_FAILED: _TRAIN_AGAIN,
    Reason.TRAINING_JOB_GONE: _TRAIN_AGAIN,
    Reason.TRAINING_JOB_REPLACED: _TRAIN_AGAIN,
    Reason.TRAINING_JOB_KIND_UNKNOWN: "ask the administrator to name the kind in the operator's settings",
    Reason.TRAINING_JOB_KIND_NOT_SERVED: "have what serves that kind of job installed",
    Reason.TRAINING_OUTPUT_UNKNOWN: "set spec.source.trainingJob.output.uri",
    Reason.TRAINING_OUTPUT_PENDING: _WAIT,
    Reason.TEMPLATE_NEEDED: "name a template in spec.source.trainingJob.template",
    Reason.EXEML_NOT_REGISTERED: "delete the version: only the operator registers models of ExeML",
    Reason.EXEML_STORE_UNKNOWN: "ask the administrator: the project has to write to a store of AIAPP_EXEML_STORES",
    Reason.RUNTIME_UNKNOWN: _RUNTIMES,
    Reason.RUNTIME_REMOVED: _RUNTIMES,
    Reason.RUNTIME_DEPRECATED: "plan a version with the runtime that the message names",
    Reason.NAME_UNPARSED: _RUNTIMES,
    Reason.ENGINE_MISMATCH: "take a runtime of the engine that model_type names",
    Reason.PARAMETER_MISSING: "set the parameter that the message names in spec.container.parameters",
    Reason.IMAGE_NOT_CONFIGURED: "ask the administrator to give the InferenceRuntime an image",
    Reason.INCOMPATIBLE: "`aiapp fit` says what each node lacks",
    Reason.NO_NODES: "add a node, or have the operator allowed to list them",
    Reason.SPEC_INVALID: "apply a corrected object: the message names the field",
    Reason.STORAGE_TOO_SMALL: "raise the limit that the message names, or leave it out",
}
OF_APPLICATIONS: Final[Mapping[Reason, str]] = {
    **{reason: OF_VERSIONS[reason] for reason in (Reason.STORAGE_TOO_SMALL, Reason.SPEC_INVALID, Reason.NO_NODES)},
    Reason.NAME_TAKEN: "delete or rename the object that the message names, or choose another name",
    Reason.PROBE_FAILING: "see `kubectl logs` of the container model, or correct the health check",
    Reason.IMAGE_NOT_CONFIGURED: OF_VERSIONS[Reason.IMAGE_NOT_CONFIGURED],
    Reason.PARAMETER_MISSING: OF_VERSIONS[Reason.PARAMETER_MISSING],
    Reason.EXEML_RESTRICTED: "take the field that the message names out of the application",
    Reason.EXEML_UNAVAILABLE: _WAIT,
    Reason.TICKET_REFUSED: "undo the change that the message names, or delete the Deployment: it is made again",
    Reason.STEP_FAILED: "ask for another version or the former one, or try again: `aiapp rollout approve {name}`",
    Reason.ROLLED_BACK: "ask for another version, or try again: `aiapp rollout approve {name}`",
    Reason.AWAITING_APPROVAL: "`aiapp rollout approve {name}`",
    Reason.CHECK_UNANSWERED: "see whether the metrics can be asked: the message names the check",
    Reason.IN_PLACE: "nothing is wrong: free a device to have new pods beside the old ones",
    Reason.SPLIT_UNREACHABLE: "set the replicas that the message names, or let a gateway split the traffic",
    Reason.BY_READINESS: "look at the pods of the versions that are not ready",
    Reason.LAST_SPLIT_KEPT: "look at the pods of the versions that are asked for",
    Reason.BY_REPLICAS: "let a gateway split the traffic by weight (spec.serving.gateway)",
    **ADVICE,
}
"""`{name}` is the application's."""


def remedy(reason: str, application: str, *, of: Mapping[Reason, str]) -> str | None:
    """What to do; None for a reason that has nothing to be done about, or that this release does not know."""
    known = of.get(Reason(reason)) if reason in Reason.__members__.values() else None
    return None if known is None else known.format(name=application)
