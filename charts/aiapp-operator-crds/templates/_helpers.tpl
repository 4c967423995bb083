{{- define "aiapp-operator-crds.standardLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: aiapp-operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "aiapp-operator-crds.labels" -}}
{{- merge (dict) .Values.commonLabels (include "aiapp-operator-crds.standardLabels" . | fromYaml) | toYaml }}
{{- end }}
