// What goes wrong on a cluster while somebody uploads through the data agent's pod: nothing that was acknowledged is
// lost, and the upload goes on by itself: `cargo xtask test pods`.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Page, expect } from "@playwright/test";
import { Console } from "./support/console";
import { hydrated, signedIn } from "./support/fixtures";
import { Kubernetes } from "./support/kubernetes";
import { MIB, acknowledged, hash, sendingRate, test } from "./support/laptop";
import { Relay } from "./support/relay";
import { openFiles, uploaded } from "./support/steps";

const PROJECT = "gpu-a / Vision / segmentation";
const NAMESPACE = "segmentation";
const CLAIM = "uploads";

/// Makes a data volume of the claim that is there.
async function takeClaim(page: Page): Promise<string> {
  await page.goto("/data-volumes/new");
  await hydrated(page);
  await page.getByLabel("Project").selectOption({ label: PROJECT });
  await page.getByRole("radio", { name: /Existing/ }).check();
  await page.getByRole("combobox", { name: "Existing claim" }).selectOption(CLAIM);
  await page.getByLabel("Name", { exact: true }).fill("faces");
  await page.getByRole("button", { name: /^Create/ }).click();
  await expect(page.locator("main")).toContainText("Ready");
  return new URL(page.url()).pathname.split("/").at(-1) ?? "";
}

test("an upload outlives the API server and the agent's pod", async ({ browser, laptop }) => {
  const kubernetes = new Kubernetes();
  const relay = await Relay.to(kubernetes.port);
  const folder = kubernetes.makeClaim(NAMESPACE, CLAIM);
  const address = `https://127.0.0.1:${relay.port}`;
  const console = await Console.start({ config: kubernetes.configuration({ address }) });
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await takeClaim(page));
  const file = join(laptop, "large.bin");
  writeFileSync(file, randomBytes(320 * MIB));
  const offset = acknowledged(page);
  const send = await sendingRate(page);
  // Slow enough that each fault meets it on its way.
  await send(4 * MIB);
  const queue = page.getByRole("region", { name: "Uploads" });
  await page.getByLabel("Upload files").setInputFiles(file);
  const goesOn = async () => {
    const before = offset();
    await expect.poll(offset, { timeout: 90_000 }).toBeGreaterThan(before);
  };
  await goesOn();

  await test.step("the API server is away for a while", async () => {
    relay.setThere(false);
    // The console is there, and says what is not.
    await expect(queue).toContainText("The cluster does not answer: uploads wait", { timeout: 30_000 });
    const other = await page.context().newPage();
    await other.goto(new URL(page.url()).pathname);
    await expect(other.locator("main")).toContainText("The cluster does not answer");
    await expect(other.locator("main")).not.toContainText("The console cannot be reached");
    await other.close();
    await page.waitForTimeout(10_000);
    relay.setThere(true);
    await goesOn();
  });
  await test.step("the agent's pod is evicted", async () => {
    const [agent] = kubernetes.pods(NAMESPACE);
    kubernetes.evict(NAMESPACE, agent?.name ?? "");
    // It ends what it has in hand first; then another one takes over.
    const others = () => kubernetes.pods(NAMESPACE).filter((pod) => pod.uid !== agent?.uid).length;
    await expect.poll(others, { timeout: 90_000 }).toBe(1);
    await goesOn();
  });
  await test.step("the agent's pod is gone from one moment to the next", async () => {
    const [agent] = kubernetes.pods(NAMESPACE);
    kubernetes.deletePod(NAMESPACE, agent?.name ?? "");
    await goesOn();
  });
  await send();
  await uploaded(page);
  expect(hash(join(folder, "large.bin"))).toBe(hash(file));

  await page.context().close();
  await console.remove();
  relay.remove();
  kubernetes.remove();
});
