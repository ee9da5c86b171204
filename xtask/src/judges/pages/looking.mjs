// What the browser's scripts share: how it is started, and how a page is looked at.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

export const WIDTHS = [1280, 820, 390];
export const THEMES = ["light", "dark"];
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Debian's Chromium, which asks for nothing that the page does not.
export const CHROMIUM = {
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
};
export const launch = (...more) => chromium.launch({ ...CHROMIUM, args: [...CHROMIUM.args, ...more] });

export const check = (right, what) => {
  if (!right) throw new Error(what);
};

// What axe-core finds wrong with the page as it stands: a rule and its places each.
export const violations = async (page) => {
  await page.evaluate(axe);
  const result = await page.evaluate((tags) => axe.run(document, { runOnly: tags }), TAGS);
  return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
};

// How many pixels of the page do not fit into the window's width.
export const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

// In both themes and at three widths, as the page stands: nothing wrong, nothing too wide; a picture of each, if asked for.
export const look = async (page, name, pictures) => {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const found = await violations(page);
      check(found.length === 0, `axe, ${name}, ${colorScheme}, ${width}:\n${found.join("\n")}`);
      check((await sideways(page)) <= 0, `${name} scrolls sideways at ${width}`);
      if (pictures) await page.screenshot({ path: `${pictures}/${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
  }
};
