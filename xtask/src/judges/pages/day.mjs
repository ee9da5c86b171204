// A browser goes through the day of each role in the demonstration, screen by screen, at three widths and in two themes: axe-core
// finds nothing, no script fails, no policy is broken, nothing scrolls sideways, nothing jumps (layout shift at most 0.1). Then the
// ten commonest tasks are done as people do them, and their steps are counted by the keystroke-level model (Card, Moran, Newell,
// 1980). Last, Lighthouse looks at the screens.
// node day.mjs FILE WITH WHAT THE DEMONSTRATION SAID [DIRECTORY FOR PICTURES] [tasks,screens,lighthouse or lighthouse-all]
import { writeFileSync } from "node:fs";
import { demonstration } from "./demo.mjs";
import { sideways, THEMES, violations, WIDTHS } from "./looking.mjs";
import { SCREENS } from "./screens.mjs";
import { TASKS } from "./tasks.mjs";

const [said, pictures, asked] = process.argv.slice(2);
const parts = (asked || "tasks,screens,lighthouse-all").split(",");
const PORT = 9333;
// Lighthouse drives the browser from outside.
const flags = parts.some((part) => part.startsWith("lighthouse")) ? [`--remote-debugging-port=${PORT}`] : [];
const { browser, base, wrong, open } = await demonstration(said, [], flags);
const CATEGORIES = ["performance", "accessibility", "best-practices"];
const counts = { screens: 0, looks: 0, shift: 0 };

const look = async (page, name) => {
  counts.screens += 1;
  const url = page.url();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(url);
    await page.waitForTimeout(100);
    const shift = await page.evaluate(() => window.shifted);
    counts.shift = Math.max(counts.shift, shift);
    if (shift > 0.1) wrong.push(`${name} jumps at ${width}: ${shift.toFixed(3)}`);
    const wide = await sideways(page);
    if (wide > 0) wrong.push(`${name} scrolls sideways at ${width}: ${wide} px`);
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme });
      counts.looks += 1;
      for (const found of await violations(page)) wrong.push(`${name}, ${colorScheme}, ${width}: ${found}`);
      if (pictures) await page.screenshot({ path: `${pictures}/${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
    await page.emulateMedia({ colorScheme: "light" });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
};

// Steps of the keystroke-level model, in seconds: a key of an average typist, pointing, pressing or letting go of a button, the
// hand from the mouse to the keys or back, and thinking what comes next.
const K = 0.28, P = 1.1, B = 0.1, H = 0.4, M = 1.35;

class Count {
  constructor(page) {
    this.page = page;
    this.clicks = 0;
    this.keys = 0;
    this.fields = 0;
    this.pages = 0;
    this.seconds = 0;
    this.hand = "mouse";
    page.on("framenavigated", (frame) => {
      if (frame === page.mainFrame()) this.pages += 1;
    });
  }
  reach(hand) {
    if (this.hand !== hand) this.seconds += H;
    this.hand = hand;
  }
  async click(where) {
    this.reach("mouse");
    this.clicks += 1;
    this.seconds += M + P + 2 * B;
    await where.click();
    await this.page.waitForLoadState();
  }
  // Types into a field that is so many tabulators away, has the cursor already (0), or is clicked.
  async type(where, words, reach = 1) {
    if (reach === "click") {
      this.reach("mouse");
      this.clicks += 1;
      this.seconds += P + 2 * B;
    }
    this.reach("keys");
    this.fields += 1;
    const keys = words.length + (reach === "click" ? 0 : reach);
    this.keys += keys;
    this.seconds += M + keys * K;
    await where.click();
    if ((await where.getAttribute("type")) === "date" || (await where.getAttribute("type")) === "time") await where.fill(words);
    else await where.pressSequentially(words);
  }
  // Chooses from a list: opens it, points, presses.
  async pick(where, option) {
    this.reach("mouse");
    this.clicks += 2;
    this.fields += 1;
    this.seconds += M + 2 * (P + 2 * B);
    await where.selectOption(option);
  }
  async enter() {
    this.reach("keys");
    this.keys += 1;
    this.seconds += K;
    await this.page.keyboard.press("Enter");
    await this.page.waitForLoadState();
  }
}

const walk = async () => {
  for (const [role, screens] of Object.entries(SCREENS)) {
    const page = await open(role);
    for (const [name, way] of screens) {
      try {
        const url = await address(page, way);
        const answer = url && (await page.goto(url));
        if (answer && answer.status() >= 400) throw new Error(`answered ${answer.status()}`);
        await look(page, name);
      } catch (error) {
        wrong.push(`${role}, ${name}: ${error.message.split("\n")[0]}`);
      }
    }
    await page.context().close();
  }
};

const tasks = async () => {
  const pages = {};
  const all = [];
  for (const [name, role, act] of TASKS) {
    pages[role] ??= await open(role);
    const page = pages[role];
    // The task before may still be on its way to the page that follows it.
    await page.waitForTimeout(500);
    await page.goto(base + (await act.start(page, base)));
    const count = new Count(page);
    try {
      await act.way(count, page);
      const { clicks, keys, fields, seconds } = count;
      all.push({ name, role, clicks, fields, keys, pages: count.pages, seconds: Math.round(seconds) });
    } catch (error) {
      wrong.push(`task, ${name}: ${error.message.split("\n")[0]} at ${page.url()}`);
    }
    page.removeAllListeners("framenavigated");
  }
  return all;
};

// A measurement that Lighthouse could not make (an audit of it ended in an error) is made again; a low one is not.
const measured = async (url, cookie) => {
  const { default: lighthouse } = await import("lighthouse");
  for (let left = 3; ; left -= 1) {
    const result = await lighthouse(url, {
      port: PORT,
      logLevel: "silent",
      output: "json",
      onlyCategories: CATEGORIES,
      extraHeaders: cookie ? { Cookie: cookie } : {},
      formFactor: "desktop",
      screenEmulation: { mobile: false, width: 1280, height: 900, deviceScaleFactor: 1, disabled: false },
      throttlingMethod: "provided",
    });
    const failed = Object.values(result.lhr.audits).filter((a) => a.scoreDisplayMode === "error");
    if (failed.length === 0 && !result.lhr.runtimeError) return result;
    if (left === 1) {
      wrong.push(`Lighthouse could not measure: ${failed.slice(0, 5).map((a) => `${a.id}: ${a.errorMessage}`).join(", ")}`);
      return result;
    }
  }
};

// Where a screen is: its path, or the way there.
const address = async (page, way) => {
  const path = typeof way === "string" ? way : await way(page, base);
  return path && (path.startsWith("http") ? path : base + path);
};

// A screen takes Lighthouse some seconds. A run looks at one screen in SHARES, another one each day, so that a week has seen all.
const SHARES = 7;
const isToday = (place) => (place + Math.floor(Date.now() / 86_400_000)) % SHARES === 0;

// Lighthouse in the same browser, signed in by its cookie.
const judge = async (all) => {
  const least = Object.fromEntries(CATEGORIES.map((name) => [name, 1]));
  let [seen, place] = [0, 0];
  for (const [role, screens] of Object.entries(SCREENS)) {
    const chosen = screens.filter(() => all || isToday(place++));
    if (chosen.length === 0) continue;
    const page = await open(role);
    for (const [name, way] of chosen) {
      const url = (await address(page, way)) || page.url();
      const cookies = await page.context().cookies();
      const result = await measured(url, cookies.map((c) => `${c.name}=${c.value}`).join("; "));
      seen += 1;
      for (const [category, { score }] of Object.entries(result.lhr.categories)) {
        least[category] = Math.min(least[category], score ?? 0);
        if (score === null || score < 0.95) {
          const low = Object.values(result.lhr.audits).filter((a) => a.score !== null && a.score < 0.9 && a.scoreDisplayMode !== "informative");
          wrong.push(`Lighthouse, ${name}: ${category} ${score}: ${low.slice(0, 5).map((a) => a.id).join(", ")}`);
        }
      }
    }
    await page.context().close();
  }
  return `Lighthouse on ${seen} screens: at least ${Object.entries(least).map(([n, s]) => `${n} ${Math.round(s * 100)}`).join(", ")}`;
};

const lines = [];
try {
  if (parts.includes("tasks")) {
    const all = await tasks();
    if (pictures) writeFileSync(`${pictures}/tasks.json`, JSON.stringify(all, null, 1));
    lines.push(`${all.length} tasks, ${all.reduce((sum, t) => sum + t.clicks, 0)} clicks in all`);
    if (parts.length === 1) console.table(all);
  }
  if (parts.includes("screens")) {
    await walk();
    lines.push(`${counts.screens} screens, ${counts.looks} looks, the largest shift ${counts.shift.toFixed(3)}`);
  }
  if (parts.includes("lighthouse-all")) lines.push(await judge(true));
  else if (parts.includes("lighthouse")) lines.push(await judge(false));
} finally {
  await browser.close();
}
if (wrong.length > 0) {
  console.error([...new Set(wrong)].join("\n"));
  process.exit(1);
}
console.log(lines.join("; "));
