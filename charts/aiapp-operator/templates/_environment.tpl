{{/* Environment of the operator's container. */}}
{{- define "aiapp-operator.environment" -}}
# The init container that fetches models runs the image of this pod.
- name: AIAPP_POD
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
# Where it looks for the administrator's ConfigMap aiapp-node-facts.
- name: AIAPP_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
# One replica works, the others are ready to.
- name: AIAPP_LEADER_ELECTION
  value: "true"
# Each thread that lists a large package would keep memory of its own; two pools of it are enough.
- name: MALLOC_ARENA_MAX
  value: "2"
{{- range $name, $value := .Values.settings }}
- name: AIAPP_{{ $name | snakecase | upper }}
  value: {{ include "aiapp-operator.text" $value | quote }}
{{- end }}
{{- if .Values.settings.exemlStores }}
# How pods reach its ticket server.
- name: AIAPP_EXEML_URL
  value: https://{{ include "aiapp-operator.fullname" . }}-tickets.{{ .Release.Namespace }}.svc:9443
{{- end }}
{{- if .Values.registrySecret }}
- name: AIAPP_REGISTRY_CONFIG
  value: /etc/aiapp/registry/.dockerconfigjson
{{- end }}
{{- range $name, $value := dict "HTTPS_PROXY" .Values.proxy.https "HTTP_PROXY" .Values.proxy.http "NO_PROXY" .Values.proxy.exceptions }}
{{- with $value }}
- name: {{ $name }}
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
