// A browser opens a downtime pack from a file: with a wrong secret, then with the right one as people type it; finds a patient.
// axe-core looks at it closed and open.
// node downtime.mjs PACK.html SECRET [DIRECTORY FOR PICTURES]
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [pack, secret, pictures] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

const check = (right, what) => {
  if (!right) throw new Error(what);
};

const look = async (page, name) => {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 820, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(axe);
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const result = await page.evaluate((tags) => axe.run(document, { runOnly: tags }), tags);
      const found = result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
      check(found.length === 0, `axe, ${name}, ${colorScheme}, ${width}:\n${found.join("\n")}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      check(wide <= 0, `${name} scrolls sideways at ${width}`);
      if (pictures) await page.screenshot({ path: `${pictures}/downtime-${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
  }
};

try {
  const context = await browser.newContext({ offline: true, bypassCSP: false });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => check(false, `a script failed: ${error.message}`));
  page.on("console", (message) => check(!message.text().includes("Content Security Policy"), message.text()));
  page.on("request", (request) => check(request.url().startsWith("file:"), `asked elsewhere: ${request.url()}`));
  await page.goto(pathToFileURL(pack).href);
  await look(page, "closed");
  await page.getByLabel("Secret").fill("0000-0000-0000-0000-0000-0000-0000-0000");
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByText("That does not open it").waitFor();
  // As it is read from paper: small letters, blanks, an o for a zero.
  const typed = secret.toLowerCase().replaceAll("-", " ").replaceAll("0", "o");
  await page.getByLabel("Secret").fill(typed);
  await page.getByRole("button", { name: "Open" }).click();
  const find = page.getByLabel("Find a patient");
  await find.waitFor();
  const patients = await page.locator("section").count();
  check(patients > 1, `${patients} patients`);
  await look(page, "open");
  const name = await page.locator("section h2").first().innerText();
  await find.fill(name.toUpperCase());
  const left = await page.locator("section:not([hidden])").count();
  check(left >= 1 && left < patients, `${left} of ${patients} patients are left`);
  console.log(`a downtime pack of ${patients} patients opens from a file`);
} finally {
  await browser.close();
}
