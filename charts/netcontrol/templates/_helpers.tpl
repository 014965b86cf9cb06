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
app.kubernetes.io/version: {{ default "0.1.0" .values.image.tag | trunc 63 | trimAll "-._" | quote }}
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
{{- with default $i.registry (default (dict) .values.global).imageRegistry }}{{ . }}/{{ end }}{{ $i.repository }}{{ if $i.digest }}@{{ $i.digest }}{{ else }}:{{ default "0.1.0" $i.tag }}{{ end }}
{{- end -}}

{{/* The pod's imagePullSecrets, those of `global` first. */}}
{{- define "netcontrol.imagePullSecrets" -}}
{{- $all := list -}}
{{- range concat (default (list) (default (dict) .values.global).imagePullSecrets) .values.imagePullSecrets -}}
{{- $all = append $all (kindIs "string" . | ternary (dict "name" .) .) -}}
{{- end -}}
{{- with uniq $all }}{{ toYaml . }}{{ end -}}
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
{{- $listen := dict "grpc" (list "unix:/run/netcontrol/netcontrol.sock") "http" (printf "http://*:%d" (int $v.ports.metrics)) "health" (printf "http://*:%d" (int $v.ports.health)) -}}
{{- if $v.control.tlsSecret -}}
{{- $tls := dict "certificateFile" "/etc/netcontrol-tls/tls.crt" "keyFile" "/etc/netcontrol-tls/tls.key" -}}
{{- if $v.control.clientCASecret -}}
{{- $_ := set $tls "clientCaFile" "/etc/netcontrol-ca/ca.crt" -}}
{{- with $v.control.clients }}{{ $_ := set $tls "clients" . }}{{ end -}}
{{- end -}}
{{- $_ := set $listen "tls" $tls -}}
{{- $_ := set $listen "grpc" (append $listen.grpc (printf "https://*:%d" (int $v.ports.grpc))) -}}
{{- end -}}
{{- if $v.control.tokensSecret -}}
{{- $_ := set $listen "tokenFile" "/etc/netcontrol-tokens/tokens" -}}
{{- end -}}
{{- $routes := $v.traffic.includeCIDRs -}}
{{- $chain := $v.egress.proxy -}}
{{- with $v.dns.split -}}
{{- if .enabled -}}
{{- range .resolvers }}{{ $routes = append $routes (printf "%s/%s" . (contains ":" . | ternary "128" "32")) }}{{ end -}}
{{- $hop := printf "dnssplit:direct=%s&remote=%s" (join "," (concat .direct $v.traffic.excludeCIDRs)) .remote -}}
{{- if .tls.enabled }}{{ $hop = printf "%s&over=tls" $hop }}{{ end -}}
{{- with .tls.name }}{{ $hop = printf "%s&name=%s" $hop . }}{{ end -}}
{{- with int .cache }}{{ $hop = printf "%s&cache=%d" $hop . }}{{ end -}}
{{- $chain = $chain | empty | ternary $hop (printf "%s|%s" $chain $hop) -}}
{{- end -}}
{{- end -}}
{{- $device := dict "name" (printf "devices/%s" $v.device.name) "mtu" $v.device.mtu "addresses" $v.device.addresses "routes" $routes "excludedRoutes" $v.traffic.excludeCIDRs "killSwitch" $v.traffic.killSwitch "streamDialer" "delegates/egress" "packetProxy" "delegates/egress" -}}
{{- $proxies := list (dict "name" "proxies/upstream" "config" $chain "udpIdleTimeout" $v.egress.udpIdleTimeout) -}}
{{- $document := dict "listen" $listen "devices" (list $device) "delegates" (list (dict "name" "delegates/egress" "proxy" "proxies/upstream")) -}}
{{- if or $v.traffic.excludePorts $v.traffic.includePorts -}}
{{- $proxies = append $proxies (dict "name" "proxies/direct" "config" "") -}}
{{- $rules := list -}}
{{- with $v.traffic.excludePorts }}{{ $rules = append $rules (dict "id" "excluded-ports" "action" "ROUTE" "target" "proxies/direct" "ports" .) }}{{ end -}}
{{- with $v.traffic.includePorts -}}
{{- if $v.dns.split.enabled }}{{ $rules = append $rules (dict "id" "names" "action" "ALLOW" "ports" (list "53")) }}{{ end -}}
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
{{- if and $v.control.tlsSecret (not (or $v.control.clientCASecret $v.control.tokensSecret $v.config.listen $v.egress.existingSecret)) -}}
{{- fail "control.tlsSecret: the API is not opened to callers whom nobody knows; write control.clientCASecret or control.tokensSecret" -}}
{{- end -}}
{{- with $v.dns.split -}}
{{- if and .enabled (eq $v.mode "daemonset") -}}
{{- fail "dns.split: mode daemonset sees no pod's queries; write dns.split.enabled: false" -}}
{{- end -}}
{{- if and .enabled $v.egress.existingSecret -}}
{{- fail "dns.split: egress.existingSecret is the whole configuration; put dnssplit into its chain, and the name server into its routes" -}}
{{- end -}}
{{- if and .enabled (not .resolvers) -}}
{{- fail "dns.split.resolvers: write where pods find their name server: kubectl -n kube-system get service kube-dns -o jsonpath={.spec.clusterIPs}" -}}
{{- end -}}
{{- if and .enabled (not .remote) -}}
{{- fail "dns.split.remote: write the resolver behind the proxy for all other names, e.g. \"9.9.9.9\"" -}}
{{- end -}}
{{- end -}}
{{- range $c := concat $v.application.initContainers $v.application.containers -}}
{{- if eq (int (dig "securityContext" "runAsUser" 0 $c)) (int $v.privileges.user) -}}
{{- fail (printf "application.containers: %s runs as user %d, whose traffic does not enter the device; write another runAsUser, or another privileges.user" $c.name (int $v.privileges.user)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* metadata of a pod that tests: no Service, policy or monitor of this release takes it for one of theirs. */}}
{{- define "netcontrol.test.metadata" -}}
{{- $name := printf "%s-test" (default "netcontrol" .values.nameOverride | trunc 58 | trimSuffix "-") -}}
name: {{ include "netcontrol.fullname" . | trunc 55 | trimSuffix "-" }}-test
namespace: {{ .release.Namespace }}
labels: {{- toYaml (merge (dict "app.kubernetes.io/name" $name) (include "netcontrol.labels" . | fromYaml)) | nindent 2 }}
annotations:
  helm.sh/hook: test
  helm.sh/hook-delete-policy: before-hook-creation
{{- end -}}
