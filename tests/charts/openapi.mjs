// Holds manifests against the API's own description of its types: what an API server of that version refuses with `--validate=strict`, an
// unknown field, a missing one, a value of another type. The description is what OpenAPI generated for the official JavaScript client.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const models = path.join(process.env.KUBERNETES_MODELS, "dist/gen/models");
const types = await import(pathToFileURL(path.join(models, "all.js")));
const required = new Map();

// The declarations alone tell which fields have to be there: `'name': string` and not `'name'?: string`.
function needed(type) {
  if (!required.has(type)) {
    const text = fs.readFileSync(path.join(models, `${type}.d.ts`), "utf8");
    required.set(type, [...text.matchAll(/^ {4}'([^']+)': /gm)].map((match) => match[1]));
  }
  return required.get(type);
}

function value(node, type, where, faults) {
  const list = /^Array<(.+)>$/.exec(type);
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type);
  const is = (ok) => { if (!ok) faults.push(`${where}: ${JSON.stringify(node)} is no ${type}`); };
  if (list) {
    is(Array.isArray(node));
    if (Array.isArray(node)) node.forEach((item, i) => value(item, list[1], `${where}[${i}]`, faults));
  } else if (map) {
    is(node !== null && typeof node === "object" && !Array.isArray(node));
    for (const [key, item] of Object.entries(node ?? {})) value(item, map[1], `${where}.${key}`, faults);
  } else if (type === "number") {
    is(Number.isInteger(node));
  } else if (type === "IntOrString") {
    is(Number.isInteger(node) || typeof node === "string");
  } else if (types[type]?.getAttributeTypeMap) {
    object(node, type, where, faults);
  } else if (type !== "any") {
    is(typeof node === type);
  }
}

function object(node, type, where, faults) {
  if (node === null || typeof node !== "object" || Array.isArray(node)) {
    faults.push(`${where}: ${JSON.stringify(node)} is no ${type}`);
    return;
  }
  const fields = new Map(types[type].getAttributeTypeMap().map((field) => [field.baseName, field.type]));
  for (const [name, item] of Object.entries(node)) {
    if (fields.has(name)) value(item, fields.get(name), `${where}.${name}`, faults);
    else faults.push(`${where}.${name}: unknown field of ${type}`);
  }
  for (const name of needed(type)) {
    if (node[name] === undefined) faults.push(`${where}.${name}: missing, ${type} needs it`);
  }
}

/** What is wrong with one manifest; nothing for a custom resource, whose description is its operator's. */
export function faultsOf(doc) {
  if (doc.apiVersion.startsWith("monitoring.coreos.com/")) return [];
  const type = `${doc.apiVersion.split("/").pop().replace(/^v/, "V")}${doc.kind}`;
  const faults = [];
  if (types[type]) object(doc, type, doc.kind, faults);
  else faults.push(`${doc.kind}: no ${type} in this version of Kubernetes`);
  return faults;
}
