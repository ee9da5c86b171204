// A browser opens a downtime pack from a file: with a wrong secret, then with the right one as people type it; finds a patient.
// axe-core looks at it closed and open.
// node downtime.mjs PACK.html SECRET [DIRECTORY FOR PICTURES]
import { pathToFileURL } from "node:url";
import { check, launch, look } from "./looking.mjs";

const [pack, secret, pictures] = process.argv.slice(2);
const browser = await launch();

try {
  const context = await browser.newContext({ offline: true, bypassCSP: false });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => check(false, `a script failed: ${error.message}`));
  page.on("console", (message) => check(!message.text().includes("Content Security Policy"), message.text()));
  page.on("request", (request) => check(request.url().startsWith("file:"), `asked elsewhere: ${request.url()}`));
  await page.goto(pathToFileURL(pack).href);
  await look(page, "downtime-closed", pictures);
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
  await look(page, "downtime-open", pictures);
  const name = await page.locator("section h2").first().innerText();
  await find.fill(name.toUpperCase());
  const left = await page.locator("section:not([hidden])").count();
  check(left >= 1 && left < patients, `${left} of ${patients} patients are left`);
  console.log(`a downtime pack of ${patients} patients opens from a file`);
} finally {
  await browser.close();
}
