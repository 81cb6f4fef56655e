// The console on a Kubernetes with a node: `cargo xtask test pods`.
import base from "./playwright.config";

export default { ...base, testMatch: ["pods.ts", "pods-faults.ts"], timeout: 240_000 };
