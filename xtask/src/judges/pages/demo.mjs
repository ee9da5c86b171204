// Chromium on the demonstration, signed in as one of its people: what is wrong on any page of it is kept.
import { readFileSync } from "node:fs";
import { launch } from "./looking.mjs";

// `meant`: what a browser notes as errors, and is so on purpose. `flags`: the browser's.
export const demonstration = async (said, meant = [], flags = []) => {
  const text = readFileSync(said, "utf8");
  const link = (role) => text.split("\n").find((line) => line.trim().startsWith(`${role} (`)).match(/http\S+/)[0];
  const base = new URL(link("Clinician")).origin;
  const browser = await launch(...flags);
  const wrong = [];
  const signIn = async (page, role) => {
    await page.goto(link(role));
    await page.locator("main button").first().click();
    await page.waitForURL((url) => !url.pathname.startsWith("/demo"));
    await page.waitForLoadState();
  };
  const watch = (page, role) => {
    page.setDefaultTimeout(10_000);
    const where = () => `${role}, ${page.url().replace(base, "")}`;
    page.on("pageerror", (error) => wrong.push(`${where()}: a script failed: ${error.message}`));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !meant.some((one) => text.includes(one))) wrong.push(`${where()}: ${text}`);
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(base)) wrong.push(`${where()}: asked elsewhere: ${request.url()}`);
    });
    return page;
  };
  const open = async (role) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
    await context.addInitScript(() => {
      window.shifted = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    const page = watch(await context.newPage(), role);
    if (role !== "Nobody") await signIn(page, role);
    return page;
  };
  // Another tab of the same browser.
  const tab = async (page, role) => watch(await page.context().newPage(), role);
  return { browser, base, wrong, open, tab, signIn };
};

// The chart of the n-th patient of one's day.
export const chart = async (page, base, n = 0) => {
  await page.goto(base + "/");
  const to = await page.locator('main a[href^="/patients/"]').nth(n).getAttribute("href");
  return to.split("/").slice(0, 3).join("/");
};
