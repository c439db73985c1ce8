// Whether Kubernetes, the Prometheus operator and KEDA would take the manifests of dashboards/kubernetes, by their schemas.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject";
import { PodMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor";
import { PrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { parse, parseAllDocuments } from "yaml";

const kinds = { Deployment, PodMonitor, PrometheusRule, ScaledObject };
const dashboards = process.argv[2];
const folder = join(dashboards, "kubernetes");
const read = (path) => readFileSync(path, "utf8");
let valid = 0;
for (const file of readdirSync(folder)) {
  for (const document of parseAllDocuments(read(join(folder, file)))) {
    const manifest = document.toJS();
    const model = kinds[manifest.kind];
    if (!model || new model(manifest).apiVersion !== manifest.apiVersion) {
      throw new Error(`${file}: ${manifest.apiVersion} ${manifest.kind}?`);
    }
    // Without it what is unknown would be left out silently.
    new model(manifest).validate();
    valid += 1;
  }
}
// The operator is given the rules that Prometheus is given.
const { groups } = parse(read(join(dashboards, "prometheus/alerts.yml")));
const { spec } = parse(read(join(folder, "prometheusrule.yaml")));
if (JSON.stringify(spec.groups) !== JSON.stringify(groups)) {
  throw new Error("prometheusrule.yaml has other rules than alerts.yml: make dashboards");
}
console.log(`${valid} manifests`);
