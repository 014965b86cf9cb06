{{/* Each takes a dict of `values` (this chart's, or .Values.netcontrol of a chart that depends on it) and `release`. */}}

{{- define "netcontrol.fullname" -}}
{{- $v := .values -}}
{{- if $v.fullnameOverride -}}
{{- $v.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default "netcontrol" $v.nameOverride -}}
{{- if contains $name .release.Name -}}
{{- .release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "netcontrol.selectorLabels" -}}
app.kubernetes.io/name: {{ default "netcontrol" .values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .release.Name | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "netcontrol.labels" -}}
{{ include "netcontrol.selectorLabels" . }}
app.kubernetes.io/version: {{ default "0.1.0" .values.image.tag | trunc 63 | quote }}
app.kubernetes.io/part-of: netcontrol
app.kubernetes.io/managed-by: {{ .release.Service }}
helm.sh/chart: netcontrol-0.1.0
{{- with .values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "netcontrol.serviceAccountName" -}}
{{- if .values.serviceAccount.create -}}
{{- default (include "netcontrol.fullname" .) .values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "netcontrol.image" -}}
{{- $i := .values.image -}}
{{- with $i.registry }}{{ . }}/{{ end }}{{ $i.repository }}{{ if $i.digest }}@{{ $i.digest }}{{ else }}:{{ default "0.1.0" $i.tag }}{{ end }}
{{- end -}}

{{- define "netcontrol.secretName" -}}
{{- default (include "netcontrol.fullname" .) .values.egress.existingSecret -}}
{{- end -}}

{{/* The pod's terminationGracePeriodSeconds: sessions end before SIGTERM while the application does, and after it. */}}
{{- define "netcontrol.gracePeriod" -}}
{{- add (mul 2 (int .values.drain.timeoutSeconds)) 5 -}}
{{- end -}}

{{/* netcontrol.yaml. */}}
{{- define "netcontrol.configuration" -}}
{{- $v := .values -}}
{{- $listen := dict "grpc" (list "unix:/run/netcontrol/netcontrol.sock") "http" (printf "http://0.0.0.0:%d" (int $v.ports.metrics)) "health" (printf "http://0.0.0.0:%d" (int $v.ports.health)) -}}
{{- if $v.control.tlsSecret -}}
{{- $tls := dict "certificateFile" "/etc/netcontrol-tls/tls.crt" "keyFile" "/etc/netcontrol-tls/tls.key" -}}
{{- if $v.control.clientCASecret -}}
{{- $_ := set $tls "clientCaFile" "/etc/netcontrol-ca/ca.crt" -}}
{{- with $v.control.clients }}{{ $_ := set $tls "clients" . }}{{ end -}}
{{- end -}}
{{- $_ := set $listen "tls" $tls -}}
{{- $_ := set $listen "grpc" (append $listen.grpc (printf "https://0.0.0.0:%d" (int $v.ports.grpc))) -}}
{{- end -}}
{{- if $v.control.tokensSecret -}}
{{- $_ := set $listen "tokenFile" "/etc/netcontrol-tokens/tokens" -}}
{{- end -}}
{{- $device := dict "name" (printf "devices/%s" $v.device.name) "mtu" $v.device.mtu "addresses" $v.device.addresses "routes" $v.traffic.includeCIDRs "excludedRoutes" $v.traffic.excludeCIDRs "killSwitch" $v.traffic.killSwitch "streamDialer" "delegates/egress" "packetProxy" "delegates/egress" -}}
{{- $proxies := list (dict "name" "proxies/upstream" "config" $v.egress.proxy "udpIdleTimeout" $v.egress.udpIdleTimeout) -}}
{{- $document := dict "listen" $listen "devices" (list $device) "delegates" (list (dict "name" "delegates/egress" "proxy" "proxies/upstream")) -}}
{{- if or $v.traffic.excludePorts $v.traffic.includePorts -}}
{{- $proxies = append $proxies (dict "name" "proxies/direct" "config" "") -}}
{{- $rules := list -}}
{{- with $v.traffic.excludePorts }}{{ $rules = append $rules (dict "id" "excluded-ports" "action" "ROUTE" "target" "proxies/direct" "ports" .) }}{{ end -}}
{{- with $v.traffic.includePorts -}}
{{- $rules = append $rules (dict "id" "included-ports" "action" "ALLOW" "ports" .) -}}
{{- $rules = append $rules (dict "id" "other-ports" "action" "ROUTE" "target" "proxies/direct") -}}
{{- end -}}
{{- $_ := set $document "policies" (list (dict "name" "policies/ports" "rules" $rules)) -}}
{{- $_ := set $device "policy" "policies/ports" -}}
{{- end -}}
{{- $_ := set $document "proxies" $proxies -}}
{{- toYaml (mergeOverwrite $document (deepCopy $v.config)) -}}
{{- end -}}

{{- define "netcontrol.checks" -}}
{{- $v := .values -}}
{{- if and (eq $v.privileges.tunAccess "mknod") (ne $v.privileges.profile "none") -}}
{{- fail "privileges.tunAccess: mknod goes with privileges.profile: none; write hostPath, devicePlugin or privileged" -}}
{{- end -}}
{{- if and (eq $v.mode "sidecar") (not $v.application.containers) -}}
{{- fail "application.containers: mode sidecar needs at least one container of yours; write one, or choose mode: library, deployment or daemonset" -}}
{{- end -}}
{{- if and (eq $v.mode "daemonset") $v.hostNetwork (or (has "0.0.0.0/0" $v.traffic.includeCIDRs) (has "::/0" $v.traffic.includeCIDRs)) -}}
{{- fail "traffic.includeCIDRs: mode daemonset would take the whole node's traffic; write the networks that are meant, e.g. [\"198.51.100.0/24\"]" -}}
{{- end -}}
{{- range $c := $v.application.containers -}}
{{- if eq (int (dig "securityContext" "runAsUser" 0 $c)) (int $v.privileges.user) -}}
{{- fail (printf "application.containers: %s runs as user %d, whose traffic does not enter the device; write another runAsUser, or another privileges.user" $c.name (int $v.privileges.user)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
