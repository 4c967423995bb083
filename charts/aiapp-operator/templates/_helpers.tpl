{{/* Name of the chart, for names and labels. */}}
{{- define "aiapp-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Name of the operator's objects: the release's, with the chart's behind it unless it is in it. */}}
{{- define "aiapp-operator.fullname" -}}
{{- $name := include "aiapp-operator.name" . }}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- default $full .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* What selects the operator's pods: never changes in the life of a release. */}}
{{- define "aiapp-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "aiapp-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "aiapp-operator.standardLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: aiapp-operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "aiapp-operator.labels" -}}
{{- $selector := include "aiapp-operator.selectorLabels" . | fromYaml }}
{{- $standard := include "aiapp-operator.standardLabels" . | fromYaml }}
{{- merge (dict) $selector .Values.commonLabels $standard | toYaml }}
{{- end }}

{{/* Labels and annotations of an object: (dict "root" $ "labels" (dict) "annotations" (dict)), the last two optional. */}}
{{- define "aiapp-operator.metadata" -}}
{{- $selector := include "aiapp-operator.selectorLabels" .root | fromYaml }}
{{- $common := include "aiapp-operator.labels" .root | fromYaml -}}
labels:
  {{- merge (dict) $selector (.labels | default dict) $common | toYaml | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "aiapp-operator.testLabels" -}}
app.kubernetes.io/component: helm-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "aiapp-operator.serviceAccountName" -}}
{{- default (include "aiapp-operator.fullname" .) .Values.serviceAccount.name }}
{{- end }}

{{/* The image, by digest where there is one. */}}
{{- define "aiapp-operator.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{/* A value as text of an environment variable: lists by commas, objects in JSON, numbers without an exponent. */}}
{{- define "aiapp-operator.text" -}}
{{- if kindIs "slice" . }}{{ join "," . }}
{{- else if kindIs "map" . }}{{ toJson . }}
{{- else if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . }}
{{- else }}{{ . }}{{ end }}
{{- end }}
