"""What the API server refuses of an InferenceTemplate: field, words, the document, and what is wrong with it."""

from typing import Final

from tests.support.documents import ABSENT, changed, template

INPUT_NAME: Final = (
    "the name of an input consists of lower-case letters, digits and '-', with a letter or digit at both ends"
)
FILE_NAME: Final = (
    "the name of a template's file is a relative path of letters, digits, '-', '_' and '.', no part of which starts "
    "with '.' or '-'"
)
TARGET: Final = (
    "a target is the path of a file in the package, or of a folder with '/' at its end, or empty: the package's root"
)
IN_TEMPLATE: Final = [
    (
        "spec.mode",
        "a template has either a config.json among its files, or the mode that one is made from",
        changed(template(), spec__files={"config.json": "{}"}),
        "a mode and a config.json",
    ),
    (
        "spec.mode",
        "a template has either a config.json among its files, or the mode that one is made from",
        changed(template(), spec__mode=ABSENT),
        "neither a mode nor a config.json",
    ),
    (
        "spec.overridable",
        "only a mode can be overridable, and this template has a config.json",
        changed(template(), spec__mode=ABSENT, spec__files={"config.json": "{}"}, spec__overridable=True),
        "an overridable config.json",
    ),
    (
        "spec.deploymentTypes",
        "nothing is known of what the mode Undefined takes and gives: it has no Batch",
        changed(template(), spec__mode="Undefined", spec__deploymentTypes=["RealTime", "Batch"]),
        "a batch of anything",
    ),
    (
        "spec.files",
        FILE_NAME,
        changed(template(), spec__files={"../x": ""}),
        "a file outside of the package",
    ),
    (
        "spec.inputs",
        "two inputs may not have the same target",
        changed(template(), spec__inputs=[{"name": "a"}, {"name": "b", "target": ""}]),
        "two inputs for the root",
    ),
    (
        "spec.inputs[0].target",
        TARGET,
        changed(template(), spec__inputs=[{"name": "a", "target": "/etc/"}]),
        "an absolute target",
    ),
    (
        "spec.inputs[0].patterns[0]",
        "a pattern is a relative path, for example *.pkl or **/model.om",
        changed(template(), spec__inputs=[{"name": "a", "patterns": ["/x"]}]),
        "an absolute pattern",
    ),
]
