// A browser at a response desk: a stranger reports something, five people of the group take it through every stage to a published
// advisory, as the guards demand it. On the way axe-core looks at each page, at three widths and in two themes: nothing is wrong,
// no script fails, nothing scrolls sideways.
// node desk.mjs FILE WITH WHAT THE DESK'S DEMONSTRATION SAID [DIRECTORY FOR PICTURES]
import { readFileSync } from "node:fs";
import { check, launch, look } from "./looking.mjs";

const [said, pictures] = process.argv.slice(2);
const text = readFileSync(said, "utf8");
const link = (name) => text.split("\n").find((line) => line.trim().startsWith(`${name} `)).match(/http\S+/)[0];
const base = new URL(link("Mara Lind")).origin;
const browser = await launch();
const wrong = [];
let looks = 0;

const open = async (name) => {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" })).newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => wrong.push(`${page.url()}: a script failed: ${error.message}`));
  page.on("console", (message) => {
    // A refused act is answered 422, which a browser notes.
    if (message.type() === "error" && !message.text().includes("422")) wrong.push(`${page.url()}: ${message.text()}`);
  });
  if (!name) return page;
  await page.goto(link(name));
  await page.locator("main button").first().click();
  await page.waitForURL((url) => !url.pathname.startsWith("/demo"));
  return page;
};

const see = async (page, name, path) => {
  if (path) await page.goto(base + path);
  try {
    await look(page, name, pictures);
  } catch (error) {
    wrong.push(error.message);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
  looks += 1;
};

// Presses a button, and waits for the page that answers.
const press = (page, button) => Promise.all([page.waitForNavigation(), button.click()]);

const fill = async (form, fields) => {
  for (const [name, value] of Object.entries(fields)) {
    const field = form.locator(`[name="${name}"]`);
    const first = field.first();
    const kind = await first.evaluate((e) => (e.tagName === "INPUT" ? e.type : e.tagName));
    if (kind === "hidden") continue;
    if (kind === "SELECT") {
      const label = typeof value === "string" ? value : value.label;
      const options = await first.locator("option").evaluateAll((all) => all.map((o) => [o.value, o.textContent]));
      const found = options.find(([key, shown]) => key === label || shown.startsWith(label));
      check(found, `${name}: none of ${options.map(([key]) => key)} is ${label}`);
      await first.selectOption(found[0]);
    } else if (kind === "radio" || kind === "checkbox") {
      for (const one of [value].flat()) await form.locator(`[name="${name}"][value="${one}"]`).check();
    } else await first.fill(value);
  }
};

// Reported by somebody without an account, and followed on the secret page.
const stranger = await open();
await see(stranger, "home", "/");
await see(stranger, "not-a-vulnerability", "/not-a-vulnerability");
await see(stranger, "report-form", "/report");
await press(stranger, stranger.getByRole("button", { name: "Send" }));
await see(stranger, "report-form-wrong");
await fill(stranger.locator("form:has([name=subject])"), {
  product: "Aceso, the portal",
  version: "0.1.0",
  subject: "The portal lists the appointments of somebody else",
  text: "Signed in as one patient I changed the number in the address of the list and the response was another patient's appointments.",
  steps: "1. Sign in as a patient\n2. GET /portal/appointments?patient=2 HTTP/1.1\n3. The answer is 200 with the list",
  impact: "Every patient can read when every other one is seen",
  name: "Nia Bello",
  mail: "nia@finder.example",
});
await press(stranger, stranger.getByRole("button", { name: "Send" }));
await see(stranger, "status-new");

const mara = await open("Mara Lind");
await see(mara, "cases", "/cases?sort=opened");
await mara.goto(base + "/cases?q=portal");
const row = mara.locator("main table tr", { hasText: "The portal lists" }).first();
const CASE = (await row.locator("a").first().textContent()).trim();
await press(mara, row.locator("form button"));
await see(mara, "case-overview-new");
const [owen, dev, tess, cora] = [await open("Owen Achieng"), await open("Devi Rao"), await open("Tess Moreau"), await open("Cora Jimenez")];

// One act on a part of the case; `of` tells forms of the same act apart.
const act = async (page, part, name, fields = {}, { choice, of = {} } = {}) => {
  await page.goto(`${base}/cases/${CASE}/${part}`);
  const kept = Object.entries(of).map(([key, value]) => `:has(input[name="${key}"][value="${value}"])`);
  const form = page.locator(`form:has(input[name="act"][value="${name}"])${kept.join("")}`).first();
  await fill(form, fields);
  await press(page, choice ? form.locator(`button[value="${choice}"]`) : form.locator("button").first());
  const refused = page.getByText("This was not done");
  check((await refused.count()) === 0, `${part}, ${name}: ${await page.locator("main").first().innerText()}`.slice(0, 1500));
};
const on = (to) => act(mara, "overview", "move", {}, { of: { to } });
const report = await mara.goto(`${base}/cases/${CASE}/reports`).then(() => mara.locator("main h2").first().textContent()).then((t) => t.split(":")[0]);

await act(mara, "talk", "write", { to: report, letter: "Thank you, we have read it and see it, too." });
await see(mara, "case-talk");
await act(mara, "reports", "search", { search_report: report });
await act(mara, "reports", "judge", { judge_report: report, verdict: "valid", judge_why: "We see it, too" });
await on("triage");
await act(mara, "reports", "assess", {
  scope: "software",
  characteristics: "elevated-privileges",
  severity: "high",
  assess_why: "Any account of a patient does it",
  vectors: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N",
  ssvc_exploitation: "public poc",
  ssvc_utility: "efficient",
  ssvc_technical_impact: "partial",
  ssvc_public_safety_impact: "minimal",
  safety: "None: nothing can be changed",
  data: "Appointments can be read",
});
await see(mara, "case-reports");
await on("team");
for (const [page, name, roles] of [[owen, "Owen", "owner"], [dev, "Devi", "developer"], [tess, "Tess", "tester"], [cora, "Cora", ["coordinator", "reviewer"]]]) {
  await act(mara, "team", "join", { joins: name, roles });
  const row = mara.locator("main tr", { hasText: name });
  await press(mara, row.locator("form button"));
  await act(page, "team", "conflict", {}, { choice: "none" });
}
await on("plan");
await act(owen, "team", "plan", { plan: "Ask the policy before the list is read. Devi, until Friday." });
await act(mara, "team", "plan-approve");
await see(mara, "case-team");
await act(mara, "overview", "embargo-other", { embargo_why: "Nobody else ships it" }, { choice: "decline" });
await on("fix");
await act(dev, "fix", "fix", { patch: "ab".repeat(32), ci: "private run 12" });
for (const page of [owen, cora]) await act(page, "fix", "fix-review");
await act(tess, "fix", "fix-test", { before: "failed", after: "passed" });
await on("verify");
await act(tess, "fix", "branch", { branch: "0.1", branch_state: "fixed" });
await on("release");
const step = (step) => act(mara, "fix", "step", { step, evidence: "build 7" });
for (const one of ["artefacts-signed", "updates-staged", "sbom-built", "environments-updated"]) await step(one);
await see(mara, "case-fix");
await on("prenotice");
await act(mara, "advisory", "notice", { notice_why: "Nobody runs it yet" }, { choice: "waive" });
for (const one of ["notice-reviewed", "links-resolve"]) await step(one);

// The text: first with what it lacks.
await owen.goto(`${base}/cases/${CASE}/text`);
await see(owen, "editor-lacking");
const id = await owen.locator("[name=id]").inputValue();
await fill(owen.locator("form:has([name=summary])"), {
  title: "Aceso lists other patients' appointments in the portal",
  summary: "A patient could read the appointments of another one by their number.",
  description: "GET /portal/appointments did not ask whose list the session may read.",
  no_cve: "It was found before the first release",
  weaknesses: "CWE-639 Authorization Bypass Through User-Controlled Key",
  exploit: "It takes an account of a patient. No exploitation is known, and no proof is public.",
  affected: "Aceso | Aceso | < 0.1.1 | pkg:generic/aceso",
  fixed: "Aceso | Aceso | 0.1.1 | pkg:generic/aceso",
  fix: "Install Aceso 0.1.1, start it, and see its version at the foot of any page.",
  fix_url: `${base}/advisories`,
  workaround: "Close the portal; patients then ask by telephone.",
  references: `The release | ${base}/advisories`,
});
await press(owen, owen.getByRole("button", { name: "Save the text" }));
check(await owen.getByText("Nothing is missing").count(), `the text lacks ${await owen.locator("main ul").first().innerText()}`);
await see(owen, "editor-whole");
await see(owen, "preview-page", `/cases/${CASE}/text/page`);
await see(owen, "preview-csaf", `/cases/${CASE}/text/csaf`);
for (const page of [mara, cora]) await act(page, "advisory", "approve");
await see(mara, "case-advisory");
await on("publish");
await act(mara, "advisory", "publish");
await see(mara, "case-advisory-published");

for (const part of ["overview", "elsewhere", "log"]) await see(mara, `case-${part}`, `/cases/${CASE}/${part}`);
for (const path of ["reports", "contacts", "adoption", `adoption/${id}`, "installations", "duties", "bills", "figures", `figures/${new Date().getUTCFullYear()}`, "account"])
  await see(mara, path.replaceAll("/", "-"), `/${path}`);
const ada = await open("Ada Marsh");
await see(ada, "people", "/admin/people");
await see(stranger, "status-published", new URL(stranger.url()).pathname);
await see(stranger, "advisories", "/advisories");
await see(stranger, "advisory", `/advisories/${id}`);

await browser.close();
check(wrong.length === 0, [...new Set(wrong)].join("\n"));
console.log(`${looks} pages, at three widths and in two themes; ${CASE} is published as ${id}`);
