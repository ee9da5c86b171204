// Nothing of a patient stays on the device: a profile of Chromium on the disk, after people worked with charts and signed out.
// node device.mjs FILE WITH WHAT THE DEMONSTRATION SAID
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { chromium } from "playwright-core";
import { chart, demonstration } from "./demo.mjs";
import { CHROMIUM } from "./looking.mjs";

const { browser, base, signIn } = await demonstration(process.argv[2]);
await browser.close();
const profile = mkdtempSync(join(tmpdir(), "aceso-device-"));
const TYPED = "Wz7 typed and not sent";
const wrong = [];

// Works as one of the clinic's people, types into a form, and signs out in another tab; gives what must not stay.
const work = async (context, role, pages, form, field) => {
  const page = await context.newPage();
  await signIn(page, role);
  const at = await chart(page, base);
  const seen = [];
  for (const end of pages) await page.goto(base + at + end);
  await page.goto(base + at);
  seen.push((await page.locator("section.patient strong").first().textContent()).trim());
  await page.goto(base + "/patients");
  await page.locator("main input[name=name]").fill(seen[0]);
  await page.locator("main input[name=name]").press("Enter");
  await page.getByRole("link", { name: seen[0] }).first().waitFor();
  await page.goto(base + at + form);
  await page.locator(field).first().pressSequentially(TYPED);
  const other = await context.newPage();
  await other.goto(base + "/");
  await other.locator("details.who summary").click();
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.waitForURL(/sign-in/);
  await page.close({ runBeforeUnload: false });
  await other.close();
  return seen;
};

const files = (dir) => readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
  const path = join(dir, entry.name);
  if (entry.isDirectory()) return files(path);
  return entry.isFile() ? [path] : [];
});

// Where in the profile a text stands, as UTF-8 or UTF-16.
const where = (text) => {
  const forms = [Buffer.from(text, "utf8"), Buffer.from(text, "utf16le")];
  const holds = (path) => forms.some((form) => readFileSync(path).includes(form));
  return files(profile).filter(holds).map((path) => relative(profile, path));
};

try {
  const context = await chromium.launchPersistentContext(profile, {
    ...CHROMIUM,
    viewport: { width: 1280, height: 900 },
    // What is kept is kept as it is read.
    extraHTTPHeaders: { "accept-encoding": "identity" },
  });
  context.setDefaultTimeout(10_000);
  const texts = new Set([TYPED]);
  const days = [
    ["Clinician", ["/notes/new", "/medications"], "/notes/new", "#f-subjective"],
    ["Front desk", ["/edit", "/registration"], "/waitlist/new", "main textarea, main input[type=text]"],
  ];
  for (const day of days) for (const text of await work(context, ...day)) texts.add(text);
  const page = await context.newPage();
  await page.goto(base + "/sign-in");
  const sheet = await page.locator('link[rel="stylesheet"]').first().getAttribute("href");
  await context.close();
  // What may stay is there: so this looks in the right place.
  if (where(sheet).length === 0) wrong.push(`not even ${sheet} is in the profile: nothing was looked at`);
  for (const text of texts) {
    const found = where(text);
    if (found.length > 0) wrong.push(`"${text}" is in ${found.join(", ")}`);
  }
  if (texts.size < 3) wrong.push("no two patients were seen");
  if (wrong.length === 0) console.log(`${files(profile).length} files of a profile, ${texts.size} texts looked for`);
} finally {
  rmSync(profile, { recursive: true, force: true });
}
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
