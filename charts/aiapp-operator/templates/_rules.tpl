{{/* What the operator may do. Each verb is one that it uses; nothing is granted by wildcard. */}}

{{/* Whether training jobs register themselves: not empty where they do. */}}
{{- define "aiapp-operator.registers" -}}
{{- if get .Values.settings "registerTrainingJobs" | toString | ne "false" }}true{{ end }}
{{- end }}

{{/* The kinds of training jobs that it reads, as plural.group, in JSON: those that are switched on, and those that are mapped by data. */}}
{{- define "aiapp-operator.trainingJobKinds" -}}
{{- $kinds := list "jobs.batch" }}
{{- if hasKey .Values.settings "trainingJobKinds" }}
{{- $kinds = .Values.settings.trainingJobKinds }}
{{- end }}
{{- concat $kinds (keys (.Values.settings.trainingJobMappings | default dict) | sortAlpha) | uniq | toJson }}
{{- end }}

{{/* Of what lies in no namespace. */}}
{{- define "aiapp-operator.clusterRules" -}}
# Runtimes and templates: read the spec, write the status, never the spec.
- apiGroups: [aiapp.dev]
  resources: [inferenceruntimes, inferencetemplates]
  verbs: [get, list, watch]
- apiGroups: [aiapp.dev]
  resources: [inferenceruntimes/status, inferencetemplates/status]
  verbs: [update]
# Where versions can run.
- apiGroups: [""]
  resources: [nodes]
  verbs: [list, watch]
# Where the cluster's Services are: no store may be there, unless the settings allow it.
- apiGroups: [networking.k8s.io]
  resources: [servicecidrs]
  verbs: [list]
# Whether its kinds are served and new enough: its own CRDs, each read by name.
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  resourceNames:
    [aiapplications.aiapp.dev, aiapplicationversions.aiapp.dev, inferenceruntimes.aiapp.dev, inferencetemplates.aiapp.dev]
  verbs: [get]
{{- if .Values.settings.exemlStores }}
# Pods that ask for a model of ExeML: who they are, and whether the policies are in force that keep them as they are.
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingadmissionpolicies, validatingadmissionpolicybindings]
  resourceNames: [aiapp-exeml-versions, aiapp-exeml-pods]
  verbs: [get]
{{- end }}
{{- end }}

{{/* Of what lies in the namespaces that it manages. */}}
{{- define "aiapp-operator.namespaceRules" -}}
# Its own kinds: read the spec, write the status, never the spec.
- apiGroups: [aiapp.dev]
  resources: [aiapplications, aiapplicationversions]
  verbs: [get, list, watch]
- apiGroups: [aiapp.dev]
  resources: [aiapplications/status, aiapplicationversions/status]
  verbs: [update]
# Clusters with OwnerReferencesPermissionEnforcement ask for this before an owner may block deletion.
- apiGroups: [aiapp.dev]
  resources: [aiapplications/finalizers, aiapplicationversions/finalizers]
  verbs: [update]
# What it creates.
- apiGroups: [apps]
  resources: [deployments, controllerrevisions]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [services, configmaps]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, patch, delete]
# The routes of applications with `serving.gateway`.
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [get, list, watch, create, patch, delete]
# What it looks at.
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch]
{{- $kinds := include "aiapp-operator.trainingJobKinds" . | fromJsonArray }}
{{- range $kinds }}
# Training jobs that versions are imported from (settings.trainingJobKinds and settings.trainingJobMappings).
- apiGroups: [{{ regexReplaceAll "^[^.]*[.]" . "" }}]
  resources: [{{ regexFind "^[^.]*" . }}]
  verbs: [get, list, watch]
{{- end }}
{{- if has "trainjobs.trainer.kubeflow.org" $kinds }}
# The runtimes that TrainJobs name: what they ran.
- apiGroups: [trainer.kubeflow.org]
  resources: [trainingruntimes, clustertrainingruntimes]
  verbs: [get]
{{- end }}
{{- if include "aiapp-operator.registers" . }}
# Training jobs that register themselves as versions (settings.registerTrainingJobs), each as far as its own
# ServiceAccount might do the same.
- apiGroups: [aiapp.dev]
  resources: [aiapplicationversions]
  verbs: [create]
- apiGroups: [authorization.k8s.io]
  resources: [localsubjectaccessreviews]
  verbs: [create]
{{- end }}
{{- if .Values.settings.exemlStores }}
# Models of ExeML projects, which it registers as application and version (settings.exemlStores).
- apiGroups: [aiapp.dev]
  resources: [aiapplications, aiapplicationversions]
  verbs: [create]
- apiGroups: [aiapp.dev]
  resources: [aiapplicationversions]
  verbs: [register-exeml]
{{- end }}
# What the pods of a namespace may ask for.
- apiGroups: [""]
  resources: [limitranges]
  verbs: [list, watch]
# Whether a pod that tells what it fetched is one of its own Deployments'.
- apiGroups: [apps]
  resources: [replicasets]
  verbs: [get]
# Credentials of object storage, each read when it is needed; never listed, never watched.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}

{{/* Of its own namespace: the Lease by which one of its replicas works, its pod, and what it needs there when it has no rights everywhere. */}}
{{- define "aiapp-operator.ownRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [aiapp-operator]
  verbs: [get, patch]
{{- if .Values.settings.exemlStores }}
# The authority of its ticket server, in the Secret aiapp-exeml-authority.
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
{{- end }}
# Its own pod: which image it runs.
- apiGroups: [""]
  resources: [pods]
  verbs: [get]
{{- if .Values.settings.watchNamespaces }}
{{- if .Values.settings.exemlStores }}
# That Secret and those with the keys of ExeML's stores, and a ConfigMap for each model.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, patch]
{{- end }}
# The administrator's ConfigMap aiapp-node-facts.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- if .Values.settings.registry }}
# What it has not finished to copy, in the ConfigMap aiapp-copies.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [create]
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [aiapp-copies]
  verbs: [get, patch]
{{- end }}
{{- end }}
{{- end }}

{{/* Who has these rights. */}}
{{- define "aiapp-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "aiapp-operator.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}
