{{- define "imh.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "imh.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "imh.labels" -}}
{{ include "imh.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- /* Nobody's user, nothing to write but the volumes, no capability, no way to get one, no key to the cluster. */ -}}
{{- define "imh.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "imh.container" -}}
image: {{ include "imh.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  privileged: false
  capabilities: {drop: [ALL]}
{{- end }}

{{- /* Where the figures are: a port for each worker, one above the other. */ -}}
{{- define "imh.metricsPorts" -}}
{{- if .Values.bot.metricsPort }}
{{- range $worker := until (int .Values.bot.workers) }}
- {name: metrics-{{ $worker }}, containerPort: {{ add $.Values.bot.metricsPort $worker }}}
{{- end }}
{{- end }}
{{- end }}

{{- /* Names of secret settings: as files, not in the environment. The Secret is mounted at /run/imh. */ -}}
{{- define "imh.secretFiles" -}}
{{- range . }}
- {name: {{ . }}_FILE, value: /run/imh/{{ . }}}
{{- end }}
{{- end }}
