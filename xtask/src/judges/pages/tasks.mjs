// The ten commonest tasks of a clinic's day: name, who does it, where it begins, and the way, as people go it. Each begins on the
// page on which its person stands before it.
import { chart } from "./demo.mjs";

const DAY = 86_400_000;
const day = (ahead) => new Date(Date.now() + ahead * DAY).toISOString().slice(0, 10);
const home = async () => "/";

// The chart of the n-th patient of one's own day.
const of = (n) => (page, base) => chart(page, base, n);
// The family name of the first patient of one's day, as somebody says it on the telephone.
let family = "";
const asked = (path) => async (page, base) => {
  await page.goto(base + "/");
  const name = await page.locator('main a[href^="/patients/"]').first().innerText();
  family = name.trim().split(/\s+/).at(-1).toLowerCase();
  return path;
};
const button = (page, name) => page.locator("main").getByRole("button", { name }).first();
const link = (page, name) => page.getByRole("link", { name }).first();
const field = (page, id) => page.locator(`#f-${id}`);

export const TASKS = [
  ["Find a patient and open the chart", "Clinician", {
    start: asked("/"),
    way: async (count, page) => {
      await count.click(link(page, "Patients"));
      await count.type(field(page, "name"), family, 0);
      await count.enter();
      const found = page.locator('main a[href^="/patients/"]:not([href$="/new"])').first();
      await found.waitFor();
      await count.click(found);
    },
  }],
  ["Register a new patient", "Front desk", {
    start: async () => "/patients",
    way: async (count, page) => {
      await count.click(link(page, "Register a patient"));
      await count.type(field(page, "given"), `Nora${Date.now() % 1000}`, "click");
      await count.type(field(page, "family"), "Newcomer");
      await count.type(field(page, "birth"), "1988-04-09", 2);
      await count.pick(field(page, "gender"), "female");
      await count.type(field(page, "phone"), "5551234", 2);
      await count.click(button(page, "Register"));
      await page.waitForURL(/\/patients\/(?!new)/);
    },
  }],
  ["Book an appointment for tomorrow", "Front desk", {
    start: asked(`/schedule?day=${day(1)}`),
    way: async (count, page) => {
      await count.click(page.locator("a.free").nth(6));
      await count.type(field(page, "who"), family, 0);
      const found = page.locator("#found a").first();
      await found.waitFor();
      await count.click(found);
      await count.click(button(page, "Book"));
      await page.waitForURL(/\/appointments\/(?!new)/);
    },
  }],
  ["Check in who has arrived", "Front desk", {
    start: async () => "/board",
    way: async (count, page) => {
      await count.click(link(page, "Check in"));
      await count.click(button(page, "The patient is here"));
    },
  }],
  ["Record six vital signs", "Nurse", {
    start: of(0),
    way: async (count, page) => {
      await count.click(page.locator('main a[href$="/vitals/new"]').first());
      const values = [["systolic", "128", "click"], ["diastolic", "82", 1], ["pulse", "72", 1], ["breathing", "16", 1], ["temperature", "36.8", 1], ["oxygen", "98", 2]];
      for (const [name, value, tabs] of values) await count.type(field(page, name), value, tabs);
      await count.enter();
    },
  }],
  ["Record an allergy", "Clinician", {
    start: of(1),
    way: async (count, page) => {
      await count.click(page.locator('main a[href$="/allergies/new"]').first());
      await count.type(field(page, "substance"), `Latex ${Date.now() % 1000}`, 0);
      await count.type(field(page, "reaction"), "Hives", 3);
      await count.enter();
    },
  }],
  ["Write and sign a note", "Clinician", {
    start: of(0),
    way: async (count, page) => {
      await count.click(page.locator('main a[href$="/notes/new"]').first());
      const areas = page.locator("main textarea");
      for (const [at, words] of ["Cough for a week, no fever.", "Lungs clear.", "Viral bronchitis.", "Fluids, rest, back if worse."].entries()) {
        await count.type(areas.nth(at), words, at === 0 ? "click" : 1);
      }
      await count.click(button(page, "Sign"));
    },
  }],
  ["Order a laboratory test and sign", "Clinician", {
    start: of(0),
    way: async (count, page) => {
      await count.click(page.locator('main a[href$="/orders"]').first());
      await count.click(page.locator('main a[href*="/orders/new/lab"]').first());
      await count.type(field(page, "what"), "Potassium", 0);
      await count.type(field(page, "for"), "Control");
      await count.enter();
      await count.click(button(page, /^Sign/));
    },
  }],
  ["Prescribe a drug and sign", "Clinician", {
    start: of(0),
    way: async (count, page) => {
      await count.click(page.locator('main a[href$="/orders"]').first());
      await count.click(page.locator('main a[href$="/orders/drug"]').first());
      await count.type(field(page, "drug"), "Amoxicillin 500 mg", 0);
      await count.pick(field(page, "often"), { index: 3 });
      await count.type(field(page, "days"), "7");
      await count.enter();
      await count.click(button(page, /^Sign/));
    },
  }],
  ["Look at a result and sign it", "Clinician", {
    start: home,
    way: async (count, page) => {
      await count.click(link(page, "Inbox"));
      await count.click(page.locator('input[name="result"]').first());
      await count.click(button(page, /^Seen.*chosen/));
    },
  }],
];
