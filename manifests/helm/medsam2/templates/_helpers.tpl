{{- define "medsam2.labels" -}}
app.kubernetes.io/name: medsam2
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "medsam2.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default (printf "%s%s" .Chart.AppVersion (ternary "-cuda" "" .Values.gpu.enabled)) }}
{{- end }}
