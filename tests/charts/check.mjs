// Looks at rendered manifests as an API server would, and at what this chart promises beyond that.
// usage: node check.mjs RENDERED.yaml FOLDER: writes what is embedded (netcontrol.yaml, rules.yaml) into the folder.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { faultsOf } from "./openapi.mjs";
const yaml = createRequire(path.join(process.env.NODE_MODULES, "x.js"))("js-yaml");

const [file, folder] = process.argv.slice(2);
const stable = new Set([
  "apps/v1 Deployment", "apps/v1 DaemonSet", "v1 Pod", "v1 Secret", "v1 Service", "v1 ServiceAccount", "v1 ConfigMap",
  "networking.k8s.io/v1 NetworkPolicy", "policy/v1 PodDisruptionBudget", "monitoring.coreos.com/v1 PodMonitor", "monitoring.coreos.com/v1 ServiceMonitor",
  "monitoring.coreos.com/v1 PrometheusRule",
]);
const faults = [];
const must = (ok, text) => { if (!ok) faults.push(text); };
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const seen = new Set();

function container(pod, c, where, init) {
  must(label.test(c.name), `${where}: the name ${c.name}`);
  must(typeof c.image === "string" && c.image.length > 0, `${where}: no image`);
  must(!c.restartPolicy || (init && c.restartPolicy === "Always"), `${where}: restartPolicy`);
  must(!c.lifecycle || !init || c.restartPolicy === "Always", `${where}: lifecycle of an init container`);
  for (const kind of ["startupProbe", "readinessProbe", "livenessProbe"]) {
    const probe = c[kind];
    if (!probe) continue;
    must(!init || c.restartPolicy === "Always", `${where}: ${kind} of an init container`);
    must(["grpc", "httpGet", "exec", "tcpSocket"].filter((k) => probe[k]).length === 1, `${where}: ${kind} has not one way to probe`);
  }
  const ports = new Set();
  for (const port of c.ports ?? []) {
    must(port.name.length <= 15 && /^[a-z0-9-]*[a-z][a-z0-9-]*$/.test(port.name), `${where}: port name ${port.name}`);
    must(Number.isInteger(port.containerPort), `${where}: port ${port.containerPort}`);
    must(!ports.has(port.name), `${where}: port ${port.name} twice`);
    ports.add(port.name);
  }
  const paths = new Set();
  for (const mount of c.volumeMounts ?? []) {
    must(pod.volumes?.some((v) => v.name === mount.name), `${where}: mounts ${mount.name}, which is no volume`);
    must(!paths.has(mount.mountPath), `${where}: mounts twice at ${mount.mountPath}`);
    paths.add(mount.mountPath);
  }
  for (const arg of [...(c.args ?? []), ...(c.command ?? [])]) must(typeof arg === "string", `${where}: the argument ${arg} is no text`);
  for (const e of c.env ?? []) must(e.value === undefined || typeof e.value === "string", `${where}: env ${e.name} is no text`);
  if (!c.name.startsWith("netcontrol")) return;
  const s = c.securityContext ?? {};
  must(s.readOnlyRootFilesystem === true, `${where}: a writable root`);
  must(s.seccompProfile?.type === "RuntimeDefault", `${where}: no seccomp profile`);
  must(s.privileged || (s.allowPrivilegeEscalation === false && s.capabilities?.drop?.includes("ALL")), `${where}: more rights than it needs`);
  if (c.name === "netcontrol" && s.runAsUser !== 0) {
    must(s.runAsNonRoot === true && !s.capabilities.add && !s.privileged, `${where}: an ordinary user with rights`);
  }
}

function podSpec(pod, where, labels, selector) {
  must(!pod.volumes || new Set(pod.volumes.map((v) => v.name)).size === pod.volumes.length, `${where}: volumes of one name`);
  const all = [...(pod.initContainers ?? []), ...pod.containers];
  must(new Set(all.map((c) => c.name)).size === all.length, `${where}: containers of one name`);
  for (const c of pod.initContainers ?? []) container(pod, c, `${where}/${c.name}`, true);
  for (const c of pod.containers) container(pod, c, `${where}/${c.name}`, false);
  for (const [k, v] of Object.entries(selector ?? {})) must(labels[k] === v, `${where}: the selector's ${k} is not the pods'`);
  const drain = all.flatMap((c) => c.args ?? []).find((a) => a.startsWith?.("--drain-timeout="));
  if (drain && selector) {
    must(pod.terminationGracePeriodSeconds > parseInt(drain.split("=")[1]), `${where}: the grace period is shorter than the drain`);
  }
}

for (const doc of yaml.loadAll(fs.readFileSync(file, "utf8")).filter(Boolean)) {
  const where = `${doc.kind}/${doc.metadata?.name}`;
  must(stable.has(`${doc.apiVersion} ${doc.kind}`), `${where}: ${doc.apiVersion} is no stable API that is known here`);
  must(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(doc.metadata?.name ?? ""), `${where}: the name`);
  must(!seen.has(where), `${where}: there twice`);
  seen.add(where);
  for (const fault of faultsOf(doc)) must(false, `${where}: ${fault}`);
  for (const [k, v] of Object.entries({ ...doc.metadata.labels, ...doc.metadata.annotations })) must(typeof v === "string", `${where}: ${k} is no text`);
  for (const v of Object.values(doc.metadata.labels ?? {})) must(v.length <= 63, `${where}: the label value ${v}`);
  if (doc.kind === "Deployment" || doc.kind === "DaemonSet") {
    podSpec(doc.spec.template.spec, where, doc.spec.template.metadata.labels, doc.spec.selector.matchLabels);
  } else if (doc.kind === "Pod") {
    podSpec(doc.spec, where, doc.metadata.labels, null);
  } else if (doc.kind === "Secret") {
    fs.writeFileSync(path.join(folder, "netcontrol.yaml"), doc.stringData["netcontrol.yaml"]);
  } else if (doc.kind === "PrometheusRule") {
    fs.writeFileSync(path.join(folder, "rules.yaml"), yaml.dump(doc.spec));
    for (const rule of doc.spec.groups.flatMap((g) => g.rules).filter((r) => r.alert)) {
      must(rule.annotations?.runbook_url && rule.annotations.summary && rule.labels?.severity, `${where}: ${rule.alert} lacks a runbook, a summary or a severity`);
    }
  } else if (doc.kind === "ConfigMap") {
    JSON.parse(doc.data["netcontrol.json"]);
  }
}
for (const fault of faults) console.error(`${file}: ${fault}`);
process.exit(faults.length ? 1 : 0);
