{{/* Where the operator's pod may run. */}}
{{- define "aiapp-operator.placement" -}}
{{- with .Values }}
{{- if not .hostUsers }}
hostUsers: false
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- range $name := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" }}
{{- with index $.Values $name }}
{{ $name }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
