{{/* For other charts: volumes, initContainers and containers of a pod with netcontrold in it. See README.md. */}}

{{- define "netcontrol.sidecar.volumes" -}}
{{- $v := .values -}}
- name: netcontrol-config
  secret: {secretName: {{ include "netcontrol.secretName" . }}}
- name: netcontrol-run
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
{{- if and (eq $v.privileges.tunAccess "hostPath") (eq $v.privileges.profile "net-admin") }}
- name: netcontrol-tun
  hostPath: {path: /dev/net/tun, type: CharDevice}
{{- end }}
{{- with $v.control.tlsSecret }}
- name: netcontrol-tls
  secret: {secretName: {{ . }}}
{{- end }}
{{- with $v.control.clientCASecret }}
- name: netcontrol-ca
  secret: {secretName: {{ . }}}
{{- end }}
{{- with $v.control.tokensSecret }}
- name: netcontrol-tokens
  secret: {secretName: {{ . }}}
{{- end }}
{{- if $v.projectedToken.enabled }}
- name: netcontrol-token
  projected:
    sources:
      - serviceAccountToken:
          path: token
          audience: {{ $v.projectedToken.audience }}
          expirationSeconds: {{ $v.projectedToken.expirationSeconds }}
{{- end }}
{{- with $v.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What an init container has to do before netcontrold runs; nothing with profile net-admin. */}}
{{- define "netcontrol.sidecar.setup" -}}
{{- $v := .values -}}
{{- if eq $v.privileges.profile "none" }}
- name: netcontrol-setup
  image: {{ include "netcontrol.image" . }}
  imagePullPolicy: {{ $v.image.pullPolicy }}
  args:
    - setup
    - --config=/etc/netcontrol/netcontrol.yaml
    - --user={{ int $v.privileges.user }}
    - --make-tun=/run/netcontrol/tun
    - --ipv6=auto
  securityContext:
    runAsUser: 0
    runAsGroup: 0
    runAsNonRoot: false
    readOnlyRootFilesystem: true
    seccompProfile: {type: RuntimeDefault}
    {{- if eq $v.privileges.tunAccess "privileged" }}
    privileged: true
    {{- else }}
    allowPrivilegeEscalation: false
    capabilities: {drop: [ALL], add: [NET_ADMIN, MKNOD, CHOWN]}
    {{- end }}
  terminationMessagePolicy: FallbackToLogsOnError
  resources:
    requests: {cpu: 10m, memory: 32Mi}
    limits:
      memory: 64Mi
      {{- if eq $v.privileges.tunAccess "devicePlugin" }}
      {{ $v.privileges.devicePluginResource }}: "1"
      {{- end }}
  volumeMounts:
    - {name: netcontrol-config, mountPath: /etc/netcontrol, readOnly: true}
    - {name: netcontrol-run, mountPath: /run/netcontrol}
{{- end }}
{{- end -}}

{{/* netcontrold's own container; `native` makes it an init container that restarts. */}}
{{- define "netcontrol.sidecar.container" -}}
{{- $v := .values -}}
{{- $root := eq $v.privileges.profile "net-admin" -}}
- name: netcontrol
  image: {{ include "netcontrol.image" . }}
  imagePullPolicy: {{ $v.image.pullPolicy }}
  {{- if .native }}
  restartPolicy: Always
  {{- end }}
  args:
    - --config=/etc/netcontrol/netcontrol.yaml
    {{- if not $root }}
    - --tun=/run/netcontrol/tun
    {{- end }}
    - --ipv6=auto
    - --loops={{ int $v.loops }}
    - --log-level={{ $v.log.level }}
    - --log-format={{ $v.log.format }}
    - --drain-timeout={{ int $v.drain.timeoutSeconds }}s
  env:
    - {name: NETCTL_ADDRESS, value: "unix:/run/netcontrol/netcontrol.sock"}
    {{- with $v.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - {name: nc-metrics, containerPort: {{ int $v.ports.metrics }}}
    - {name: nc-health, containerPort: {{ int $v.ports.health }}}
    {{- if $v.control.tlsSecret }}
    - {name: nc-grpc, containerPort: {{ int $v.ports.grpc }}}
    {{- end }}
  startupProbe:
    {{- include "netcontrol.probe" (dict "values" $v "service" "ready" "path" "/readyz") | nindent 4 }}
    {{- toYaml $v.probes.startup | nindent 4 }}
  readinessProbe:
    {{- include "netcontrol.probe" (dict "values" $v "service" "ready" "path" "/readyz") | nindent 4 }}
    {{- toYaml $v.probes.readiness | nindent 4 }}
  livenessProbe:
    {{- include "netcontrol.probe" (dict "values" $v "service" "" "path" "/healthz") | nindent 4 }}
    {{- toYaml $v.probes.liveness | nindent 4 }}
  lifecycle:
    preStop:
      exec: {command: [/usr/local/bin/netctl, sessions, wait, --timeout={{ int $v.drain.timeoutSeconds }}s]}
    {{- if .holdsBack }}
    postStart:
      exec: {command: [/usr/local/bin/netctl, health, ready, --wait=2m]}
    {{- end }}
  securityContext:
    readOnlyRootFilesystem: true
    seccompProfile: {type: RuntimeDefault}
    {{- if and $root (eq $v.privileges.tunAccess "privileged") }}
    runAsUser: 0
    runAsGroup: 0
    runAsNonRoot: false
    privileged: true
    {{- else if $root }}
    runAsUser: 0
    runAsGroup: 0
    runAsNonRoot: false
    allowPrivilegeEscalation: false
    capabilities: {drop: [ALL], add: [NET_ADMIN]}
    {{- else }}
    runAsUser: {{ int $v.privileges.user }}
    runAsGroup: 0
    runAsNonRoot: true
    allowPrivilegeEscalation: false
    capabilities: {drop: [ALL]}
    {{- end }}
  terminationMessagePolicy: FallbackToLogsOnError
  {{- $resources := deepCopy $v.resources }}
  {{- if eq $v.privileges.tunAccess "devicePlugin" }}
  {{- $_ := set $resources "limits" (merge (dict $v.privileges.devicePluginResource "1") (default dict $resources.limits)) }}
  {{- end }}
  resources: {{- toYaml $resources | nindent 4 }}
  volumeMounts:
    - {name: netcontrol-config, mountPath: /etc/netcontrol, readOnly: true}
    - {name: netcontrol-run, mountPath: /run/netcontrol}
    {{- if and $root (eq $v.privileges.tunAccess "hostPath") }}
    - {name: netcontrol-tun, mountPath: /dev/net/tun}
    {{- end }}
    {{- if $v.control.tlsSecret }}
    - {name: netcontrol-tls, mountPath: /etc/netcontrol-tls, readOnly: true}
    {{- end }}
    {{- if $v.control.clientCASecret }}
    - {name: netcontrol-ca, mountPath: /etc/netcontrol-ca, readOnly: true}
    {{- end }}
    {{- if $v.control.tokensSecret }}
    - {name: netcontrol-tokens, mountPath: /etc/netcontrol-tokens, readOnly: true}
    {{- end }}
    {{- if $v.projectedToken.enabled }}
    - {name: netcontrol-token, mountPath: /var/run/secrets/netcontrol, readOnly: true}
    {{- end }}
    {{- with $v.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "netcontrol.probe" -}}
{{- if eq .values.probes.kind "grpc" -}}
grpc: {port: {{ int .values.ports.health }}{{ with .service }}, service: {{ . }}{{ end }}}
{{- else -}}
httpGet: {port: nc-metrics, path: {{ .path }}}
{{- end }}
timeoutSeconds: 3
{{- end -}}

{{/* The init containers of a pod, before the application's own; with native sidecars, netcontrold is among them. */}}
{{- define "netcontrol.sidecar.initContainers" -}}
{{- include "netcontrol.sidecar.setup" . | trim }}
{{- if .values.nativeSidecar }}
{{ include "netcontrol.sidecar.container" (merge (dict "native" true) .) }}
{{- end }}
{{- end -}}

{{/* The containers of a pod, before the application's own: netcontrold where there are no native sidecars, else nothing. */}}
{{- define "netcontrol.sidecar.containers" -}}
{{- if not .values.nativeSidecar }}
{{- include "netcontrol.sidecar.container" (merge (dict "holdsBack" true) .) }}
{{- end }}
{{- end -}}

{{/* Annotations of a pod: a new configuration makes new pods. */}}
{{- define "netcontrol.sidecar.annotations" -}}
checksum/netcontrol: {{ include "netcontrol.configuration" . | sha256sum }}
{{- if .values.monitoring.annotations }}
prometheus.io/scrape: "true"
prometheus.io/port: {{ int .values.ports.metrics | quote }}
prometheus.io/path: /metrics
{{- end }}
{{- with .values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}
