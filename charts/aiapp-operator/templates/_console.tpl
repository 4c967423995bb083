{{/* Name of the console's objects. */}}
{{- define "aiapp-operator.consoleName" -}}
{{- include "aiapp-operator.fullname" . | trunc 55 | trimSuffix "-" }}-console
{{- end }}

{{/* What selects the console's pods, and none of the operator's. */}}
{{- define "aiapp-operator.consoleSelectorLabels" -}}
app.kubernetes.io/name: {{ include "aiapp-operator.name" . | trunc 55 | trimSuffix "-" }}-console
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels and annotations of an object of the console: (dict "root" $ "labels" (dict) "annotations" (dict)), the last two optional. */}}
{{- define "aiapp-operator.consoleMetadata" -}}
{{- $selector := include "aiapp-operator.consoleSelectorLabels" .root | fromYaml }}
{{- $standard := include "aiapp-operator.standardLabels" .root | fromYaml -}}
labels:
  {{- merge (dict) $selector (.labels | default dict) .root.Values.commonLabels $standard | toYaml | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
