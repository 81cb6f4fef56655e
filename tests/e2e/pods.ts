// The main job on Kubernetes: a claim that is there becomes a data volume, is filled from a laptop through the
// data agent's pod, and a pod of another namespace reads it and cannot write it: `cargo xtask test pods`.
import { expect, type Page, test } from "@playwright/test";
import { Console } from "./support/console";
import { hashes, vegaDatasets } from "./support/dataset";
import { hydrated, signedIn } from "./support/fixtures";
import { Kubernetes } from "./support/kubernetes";
import { drop, openFiles, uploaded } from "./support/steps";

test("a dataset goes from a laptop onto a claim, and a pod of another namespace reads it", async ({ browser }) => {
  const kubernetes = new Kubernetes();
  const folder = kubernetes.makeClaim("imagenet");
  const console = await Console.start({ config: kubernetes.configuration() });
  const ada = await signedIn(browser, console, "Ada Lovelace");

  await ada.goto("/data-volumes/new");
  await hydrated(ada);
  await ada.getByLabel("Project").selectOption({ label: "gpu-a / Vision / imagenet" });
  await ada.getByRole("radio", { name: /Existing/ }).check();
  await ada.getByRole("combobox", { name: "Existing claim" }).selectOption("data");
  await ada.getByLabel("Name", { exact: true }).fill("vega-datasets");
  await expect(ada.locator("main")).toContainText("folder of one node");
  await ada.getByRole("button", { name: /^Create/ }).click();
  await expect(ada.getByRole("heading", { name: "vega-datasets", level: 1 })).toBeVisible();
  await expect(ada.locator("main")).toContainText("Ready");
  const id = new URL(ada.url()).pathname.split("/").at(-1) ?? "";

  await openFiles(ada, id);
  await drop(ada, ".drop-zone", [vegaDatasets]);
  await uploaded(ada);
  expect(hashes(`${folder}/data`)).toEqual(hashes(vegaDatasets));

  await ada.goto(`/data-volumes/${id}/sharing`);
  await hydrated(ada);
  await ada.getByRole("checkbox", { name: /^asr/ }).check();
  await ada.getByRole("button", { name: "Share", exact: true }).click();
  await expect(ada.getByRole("row", { name: /asr project/ })).toContainText("1 of 1 ready", { timeout: 30_000 });

  // The manifest on the page runs as it is pasted; this machine has no registry to take an image from.
  const grace = await signedIn(browser, console, "Grace Hopper");
  await grace.goto(`/data-volumes/${id}`);
  const shown = await grace.getByLabel("pod's manifest", { exact: true }).innerText();
  const manifest = shown.replace("python:3", "toolbox:test");
  expect(kubernetes.runPod(manifest, "asr")).toContain("data");
  const writing = manifest
    .replace("name: train\n", "name: write\n")
    .replace('["ls", "-l", "/data"]', '["sh", "-c", "touch /data/new 2>&1 || true"]');
  expect(kubernetes.runPod(writing, "asr")).toContain("Read-only file system");
  expect(hashes(`${folder}/data`)).toEqual(hashes(vegaDatasets));

  for (const page of [ada, grace]) await page.context().close();
  await console.remove();
  kubernetes.remove();
});

test("a volume that somebody made by hand goes to the department that it is offered to", async ({ browser }) => {
  const kubernetes = new Kubernetes();
  const console = await Console.start({ config: kubernetes.configuration() });
  kubernetes.makeVolume("archive-2019");
  const katherine = await signedIn(browser, console, "Katherine Johnson");
  await katherine.goto("/administration/static-volumes");
  await hydrated(katherine);
  const row = katherine.getByRole("row", { name: /^archive-2019 gpu-a/ });
  await expect(row).toContainText("nobody yet");
  const ada = await signedIn(browser, console, "Ada Lovelace");
  await chooseOffered(ada);
  await expect(ada.locator("main")).toContainText("No volume is offered");

  await row.getByRole("button", { name: "Offer archive-2019" }).click();
  const form = katherine.getByRole("dialog", { name: "Offer archive-2019" });
  const vision = await form.getByRole("option", { name: "Vision" }).getAttribute("value");
  await form.getByLabel("Offer to").selectOption(vision);
  await form.getByRole("button", { name: "Offer", exact: true }).click();
  await expect(row).toContainText("gpu-a / Vision");

  await chooseOffered(ada);
  await ada.getByRole("combobox", { name: "Offered volume" }).selectOption({ index: 1 });
  await ada.getByLabel("Name", { exact: true }).fill("archive");
  await expect(ada.locator("main")).toContainText("Reserves the volume archive-2019");
  await expect(ada.locator("main")).toContainText("are kept");
  await ada.getByRole("button", { name: /^Create/ }).click();
  await expect(ada.getByRole("heading", { name: "archive", level: 1 })).toBeVisible();
  await expect(ada.locator("main")).toContainText("Ready");

  await katherine.reload();
  await expect(katherine.getByRole("row", { name: /^archive-2019/ })).toHaveCount(0);
  for (const page of [ada, katherine]) await page.context().close();
  await console.remove();
  kubernetes.remove();
});

test("a volume that was kept goes to another cluster when somebody confirms that it mounts the storage", async ({
  browser,
}) => {
  const kubernetes = new Kubernetes();
  const console = await Console.start({ config: kubernetes.configuration({ isTwo: true }) });
  kubernetes.makeRetainedVolume("archive-2020");
  const page = await signedIn(browser, console, "Katherine Johnson");
  await page.goto("/administration/retained-volumes");
  await hydrated(page);
  const row = page.getByRole("row", { name: /^archive-2020 gpu-a/ });
  await expect(row).toContainText("imagenet/archive-2020");
  await row.getByRole("button", { name: "Take back into use" }).click();
  const form = page.getByRole("dialog", { name: "Take back into use" });
  const take = form.getByRole("button", { name: "Take back into use" });
  const isSame = form.getByRole("checkbox", { name: "Both clusters mount the same storage" });
  await form.getByLabel("Name").fill("archive-again");
  await form.getByLabel("Project").selectOption({ label: "imagenet (Vision)" });
  await expect(isSame).toBeHidden();
  await form.getByLabel("Project").selectOption({ label: "gpu-b / Robots / arms" });
  await expect(take).toHaveAttribute("aria-disabled", "true");
  await isSame.check();
  await take.click();
  await expect(form).toBeHidden({ timeout: 30_000 });
  await expect(page.getByRole("row", { name: /^archive-2020/ })).toHaveCount(0);

  await page.goto("/data-volumes?search=archive-again");
  await page.getByRole("link", { name: "archive-again" }).click();
  await expect(page.locator("main")).toContainText("Ready");
  await expect(page.locator("main")).toContainText("gpu-b");
  await page.context().close();
  await console.remove();
  kubernetes.remove();
});

async function chooseOffered(page: Page): Promise<void> {
  await page.goto("/data-volumes/new");
  await hydrated(page);
  await page.getByLabel("Project").selectOption({ label: "gpu-a / Vision / imagenet" });
  await page.getByRole("radio", { name: /Offered volume/ }).check();
}

test("one folder of a claim becomes a data volume, and the form says what others get of it", async ({ browser }) => {
  const kubernetes = new Kubernetes();
  kubernetes.makeClaim("segmentation");
  const console = await Console.start({ config: kubernetes.configuration() });
  const ada = await signedIn(browser, console, "Ada Lovelace");
  await ada.goto("/data-volumes/new");
  await hydrated(ada);
  await ada.getByLabel("Project").selectOption({ label: "gpu-a / Vision / segmentation" });
  await ada.getByRole("radio", { name: /Existing/ }).check();
  await ada.getByRole("combobox", { name: "Existing claim" }).selectOption("data");
  await ada.getByLabel("Name", { exact: true }).fill("cats");
  await ada.getByLabel("Folder").fill("../speech");
  await expect(ada.getByRole("button", { name: /^Create/ })).toHaveAttribute("aria-disabled", "true");
  await ada.getByLabel("Folder").fill("pets/cats");
  await expect(ada.locator("main")).toContainText("Takes the folder pets/cats of the claim");
  await expect(ada.locator("main")).toContainText("Their pods do not get it");
  await ada.getByRole("button", { name: /^Create/ }).click();
  await expect(ada.getByRole("heading", { name: "cats", level: 1 })).toBeVisible();
  await expect(ada.locator("main")).toContainText("Ready");
  const manifest = await ada.getByLabel("pod's manifest", { exact: true }).innerText();
  expect(manifest).toContain("subPath: 'pets/cats'");
  await ada.context().close();
  await console.remove();
  kubernetes.remove();
});
