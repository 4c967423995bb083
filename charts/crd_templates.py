"""The CRDs as templates of a chart: the generated files with what Helm adds to their metadata. Changes no schema."""

from typing import Final

METADATA: Final = "metadata:\n  annotations:\n"


def crd_template(text: str, *, labels: str, keep: str, condition: str | None = None) -> str:
    """The template of a generated CRD.

    `labels` names the chart's template of labels; `keep` and `condition` are values that say whether the CRD stays, and
    is there at all.
    """
    escaped = text.replace("{{", '{{ "{{" }}')
    head, metadata, rest = escaped.partition(METADATA)
    assert metadata, "a generated CRD has annotations"
    body = head + _metadata(labels, keep) + rest
    return f"{{{{- if {condition} }}}}\n{body}{{{{- end }}}}\n" if condition else body


def _metadata(labels: str, keep: str) -> str:
    return f"""metadata:
  labels:
    {{{{- include "{labels}" . | nindent 4 }}}}
  annotations:
    {{{{- with .Values.commonAnnotations }}}}
    {{{{- toYaml . | nindent 4 }}}}
    {{{{- end }}}}
    {{{{- if {keep} }}}}
    helm.sh/resource-policy: keep
    {{{{- end }}}}
"""
