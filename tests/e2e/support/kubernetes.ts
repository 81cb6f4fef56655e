// A Kubernetes with a node, as `cargo xtask test pods` starts it, in the hands of its administrator.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const RIGHTS = join(import.meta.dirname, "..", "..", "..", "deploy", "kubernetes", "access.yaml");

/// What a pod is called, and what tells it from the next of that name.
export type Pod = { name: string; uid: string };

export class Kubernetes {
  private readonly folder = mkdtempSync(join(tmpdir(), "stowage-kubernetes-e2e-"));

  /// The port of the API server on this machine.
  get port(): number {
    return Number(new URL(this.view().clusters[0].cluster.server).port);
  }

  /// The configuration of a console that reaches the cluster with the rights that it ships with, where it is or at
  /// another address; under the name gpu-a, or as two clusters under that name and gpu-b.
  configuration({ address, isTwo = false }: { address?: string; isTwo?: boolean } = {}): string {
    this.run(["apply", "--filename", RIGHTS]);
    const token = this.run(["create", "token", "stowage", "--namespace=stowage", "--duration=1h"]).trim();
    const view = this.view();
    if (address) view.clusters[0].cluster.server = address;
    view.users[0].user = { token };
    const kubeconfig = join(this.folder, "console.json");
    writeFileSync(kubeconfig, JSON.stringify(view));
    const file = join(this.folder, "stowage.toml");
    writeFileSync(file, configuration(kubeconfig) + (isTwo ? anotherCluster(kubeconfig) : ""));
    return file;
  }

  /// A claim in the namespace, on a new folder of the node's disk; answers the folder.
  makeClaim(namespace: string, name = "data"): string {
    const volumeName = `${namespace}-${name}`;
    const folder = join(this.folder, volumeName);
    mkdirSync(folder);
    // What pods write they write as nobody special.
    chmodSync(folder, 0o777);
    const node = this.run(["get", "nodes", "--output=jsonpath={.items[0].metadata.name}"]);
    const capacity = { storage: "1Gi" };
    const accessModes = ["ReadWriteMany"];
    const hostname = { key: "kubernetes.io/hostname", operator: "In", values: [node] };
    this.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: volumeName },
        spec: {
          capacity,
          accessModes,
          persistentVolumeReclaimPolicy: "Retain",
          storageClassName: "",
          claimRef: { namespace, name },
          local: { path: folder },
          nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } },
        },
      },
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name, namespace },
        spec: { accessModes, storageClassName: "", volumeName, resources: { requests: capacity } },
      },
    );
    return folder;
  }

  /// A volume that no claim has, on an NFS server that nobody asks.
  makeVolume(name: string): void {
    this.apply({
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteMany"],
        nfs: { server: "192.0.2.1", path: "/archive" },
      },
    });
    this.run(["wait", "--for=jsonpath={.status.phase}=Available", "--timeout=30s", `pv/${name}`]);
  }

  /// A volume that a data volume left behind, on an NFS server that nobody asks.
  makeRetainedVolume(name: string): void {
    const uid = randomUUID();
    this.apply({
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name, labels: { "stowage.dev/origin-of": uid } },
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteMany"],
        persistentVolumeReclaimPolicy: "Retain",
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "imagenet", name, uid },
        nfs: { server: "127.0.0.1", path: `/srv/${name}` },
      },
    });
    this.run(["wait", "--for=jsonpath={.status.phase}=Released", "--timeout=30s", `pv/${name}`]);
  }

  /// Applies the manifest of a pod and answers what it printed when it had ended.
  runPod(manifest: string, namespace: string): string {
    this.run(["apply", "--filename", "-"], manifest);
    const within = `--namespace=${namespace}`;
    const pod = /name: (\S+)/.exec(manifest)?.[1] ?? "";
    this.run(["wait", within, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s", `pod/${pod}`]);
    return this.run(["logs", within, pod]);
  }

  /// The pods of a namespace that are not on their way out.
  pods(namespace: string): Pod[] {
    const pods = JSON.parse(this.run(["get", "pods", `--namespace=${namespace}`, "--output=json"])).items;
    type Told = { metadata: Pod & { deletionTimestamp?: string } };
    const there = pods.filter((pod: Told) => !pod.metadata.deletionTimestamp);
    return there.map(({ metadata: { name, uid } }: Told) => ({ name, uid }));
  }

  /// Evicts a pod, as somebody does who drains its node.
  evict(namespace: string, pod: string): void {
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod, namespace } };
    const address = `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`;
    this.run(["create", "--raw", address, "--filename", "-"], JSON.stringify(eviction));
  }

  /// Deletes a pod that gets no time to end.
  deletePod(namespace: string, pod: string): void {
    this.run(["delete", "pod", pod, `--namespace=${namespace}`, "--grace-period=0", "--force"]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private view() {
    return JSON.parse(this.run(["config", "view", "--raw", "--minify", "--output=json"]));
  }

  private apply(...objects: object[]): void {
    this.run(["apply", "--filename", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  }

  private run(words: string[], input?: string): string {
    const { STOWAGE_TEST_KUBECTL: kubectl, STOWAGE_TEST_PODS: kubeconfig } = process.env;
    if (!kubectl || !kubeconfig) throw new Error("there is no cluster: run `cargo xtask test pods`");
    return execFileSync(kubectl, ["--kubeconfig", kubeconfig, ...words], { input, encoding: "utf8" });
  }
}

/// The demonstration's people, on a cluster of Kubernetes instead of a folder.
function configuration(kubeconfig: string): string {
  const example = join(import.meta.dirname, "..", "..", "..", "server", "stowage.example.toml");
  const cluster = `[clusters.slurm-a]
kind = "kubernetes"
kubeconfig = ${JSON.stringify(kubeconfig)}
[clusters.slurm-a.agent]
image = "stowage:test"
reach = "port-forward"
`;
  return readFileSync(example, "utf8")
    .replace(/\[clusters\.slurm-a\][^[]*/, cluster)
    .replace('name = "slurm-a"\nkind = "filesystem"', 'name = "slurm-a"\nkind = "kubernetes"')
    .replaceAll("slurm-a", "gpu-a");
}

/// The same one again, with a department and a project of its own.
function anotherCluster(kubeconfig: string): string {
  return `
[clusters.gpu-b]
kind = "kubernetes"
kubeconfig = ${JSON.stringify(kubeconfig)}
[[organisation.clusters]]
name = "gpu-b"
kind = "kubernetes"
[[organisation.clusters.departments]]
name = "Robots"
projects = [{ name = "arms", folder = "arms" }]
`;
}
