// A browser sets up the first administrator and uses every way in: passkey (virtual authenticator), password and app, recovery
// code; steps up, locks and unlocks with a draft, ends a session. axe-core looks at every page on the way.
// node people.mjs SET_UP_LINK [DIRECTORY FOR PICTURES]
import { createHmac } from "node:crypto";
import { CspEvaluator } from "csp_evaluator/dist/evaluator.js";
import { CspParser } from "csp_evaluator/dist/parser.js";
import { check, launch, look as lookAt } from "./looking.mjs";

const [link, pictures] = process.argv.slice(2);
const base = new URL(link).origin;
const browser = await launch();
const USER = "ann.admin";
const PASSWORD = "violet otter reads maps";
const seen = new Set();

const open = async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => check(false, `a script failed: ${error.message}`));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) check(false, message.text());
  });
  page.on("request", (request) => check(request.url().startsWith(base), `asked elsewhere: ${request.url()}`));
  page.on("response", (response) => {
    const policy = response.headers()["content-security-policy"];
    if (!policy || !(response.headers()["content-type"] || "").startsWith("text/html")) return;
    const findings = new CspEvaluator(new CspParser(policy).csp).evaluate();
    check(findings.length === 0, `csp_evaluator: ${JSON.stringify(findings)}`);
  });
  return { context, page };
};

// Looks at the page with axe-core, once for each state, in both themes and at three widths.
const look = async (page, name) => {
  if (seen.has(name)) return;
  seen.add(name);
  await lookAt(page, name, pictures);
  await page.setViewportSize({ width: 1280, height: 900 });
};

const title = async (page, text) => {
  await page.waitForFunction((text) => document.querySelector("h1")?.textContent === text, text);
};

const device = async (context, page) => {
  const cdp = await context.newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options: { ...options, automaticPresenceSimulation: true } });
  // While its person is away the device answers nothing, also not what the page asks by itself (conditional mediation).
  const set = (enabled) => cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
  return { here: () => set(true), away: () => set(false) };
};

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const totp = (typed, ahead) => {
  let bits = "";
  for (const c of typed.replace(/\s/g, "")) bits += ALPHABET.indexOf(c).toString(2).padStart(5, "0");
  const key = Buffer.from((bits.match(/.{8}/g) || []).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
};

const signOut = async (page) => {
  await person.away();
  await page.goto(base + "/");
  await page.click("details.who summary");
  await page.click("details.who form[action='/sign-out'] button");
  await title(page, "Sign in");
};

const password = async (page, to, word = PASSWORD) => {
  await page.goto(base + to);
  await title(page, "Sign in");
  await page.fill("#f-user", USER);
  await page.fill("#f-password", word);
  await page.click("text=Sign in with password");
};

const { context, page } = await open();
const person = await device(context, page);

// The first administrator.
await page.goto(link);
await look(page, "set-up");
await page.fill("#f-display", "Ann Admin");
await page.fill("#f-user", USER);
await page.fill("#f-password", "password1");
await page.click("text=Go on");
await page.waitForSelector("#f-password-error");
check((await page.inputValue("#f-display")) === "Ann Admin", "what was typed is kept");
check((await page.inputValue("#f-password")) === "", "a password does not come back");
await look(page, "set-up-wrong");
await page.fill("#f-password", PASSWORD);
await page.click("text=Go on");
await title(page, "Add a second factor");
await look(page, "enrol");
await page.goto(base + "/account");
await title(page, "Add a second factor");
await page.click("text=Create a passkey");
await title(page, "Your recovery codes");
await look(page, "recovery-codes");
const codes = await page.locator("ul.codes li").allInnerTexts();
check(codes.length === 10, "ten recovery codes");
await page.click("text=I have them, go on");
await title(page, "Recovery shares");
await look(page, "shares-intro");
await page.click("text=Show the shares");
const shares = (await page.locator("ol.codes li").allInnerTexts()).map((t) => t.replace(/^Share \d+\s*/, ""));
check(shares.length === 5, "five shares");
await look(page, "shares");
const number = Number((await page.locator("label[for=f-share]").innerText()).match(/\d+/)[0]);
await page.fill("#f-share", shares[number % 5]);
await page.click("text=Check the share");
await page.waitForSelector("#f-share-error");
await look(page, "share-wrong");
await page.fill("#f-share", shares[number - 1].toLowerCase());
await page.click("text=Check the share");
await page.waitForSelector(".banner.good");
await page.click("text=To the first page");
await title(page, "Welcome, Ann Admin");
await look(page, "home");
const again = await page.goto(link);
check(again.status() === 404, "the set-up link works once");
await look(page, "missing");

// An authenticator app.
await page.goto(base + "/account");
await look(page, "account");
await page.click("text=Add an app");
await title(page, "Authenticator app");
await look(page, "app");
const typed = await page.locator("figcaption .mono").innerText();
await page.fill("#f-code", "000000");
await page.click("text=Confirm");
await page.waitForSelector("#f-code-error");
const first = totp(typed, 0);
await page.fill("#f-code", first);
await page.click("text=Confirm");
await page.waitForSelector("text=The authenticator app is added");

// Out, and in by the passkey.
await signOut(page);
await look(page, "sign-in");
await page.goto(base + "/forgot");
await look(page, "forgot");
await page.goto(base + "/account/notices");
await title(page, "Sign in");
await person.here();
await page.click("text=Sign in with a passkey");
await title(page, "Your account");
check(page.url() === base + "/account/notices", "back to the wanted page");
await look(page, "notices");

// In by the field: the browser offers the passkey there.
await signOut(page);
await person.here();
await page.goto(base + "/sign-in");
await title(page, "Welcome, Ann Admin");

// In by password and app; a code counts once.
await signOut(page);
await password(page, "/sign-in", "wrong horse battery");
await page.waitForSelector("#f-user-error");
await look(page, "sign-in-wrong");
await page.waitForTimeout(1_100);
await password(page, "/sign-in?to=%2Faccount%2Fsessions");
await title(page, "Second step");
await look(page, "second");
const early = await page.goto(base + "/account");
check(early.url().startsWith(base + "/sign-in"), "one factor is not enough");
await page.goto(base + "/sign-in/second?to=%2Faccount%2Fsessions");
await page.fill("#f-code", first);
await page.click("text=Go on");
await page.waitForSelector("#f-code-error");
await page.waitForTimeout(1_100);
await page.fill("#f-code", totp(typed, 1));
await page.click("text=Go on");
await title(page, "Your account");
check(page.url() === base + "/account/sessions", "back to the wanted page");
await look(page, "sessions");

// A fresh proof before what matters.
await person.here();
await page.goto(base + "/account/password");
await title(page, "Confirm that it is you");
await look(page, "step-up");
await page.click("text=Use a passkey");
await title(page, "New password");
await look(page, "password");

// Locked, and what was typed is kept.
await page.goto(base + "/account");
await page.click("a[href*='/rename'] >> nth=0");
await title(page, "Rename");
await look(page, "rename");
await page.fill("#f-label", "Front desk key");
const other = await context.newPage();
await other.goto(base + "/");
await other.click("form.lock button");
await title(other, "Locked");
await look(other, "locked");
await page.click("main button.primary");
await title(page, "Locked");
await page.waitForSelector("text=What you typed is kept");
await look(page, "locked-draft");
await page.fill("#f-password", PASSWORD);
await page.click("button.primary:has-text('Unlock')");
await page.waitForSelector("text=The name is changed");
await page.waitForSelector("text=Front desk key");
await other.goto(base + "/account/sessions");
await title(other, "Your account");
await other.close();

// Another browser, by a recovery code; ended from the first.
const second = await open();
await password(second.page, "/sign-in");
await second.page.click("text=Use a recovery code");
await look(second.page, "recovery-code");
await second.page.fill("#f-code", codes[3].toLowerCase().replaceAll("-", " "));
await second.page.click("text=Go on");
await title(second.page, "Welcome, Ann Admin");
await look(second.page, "home-notices");
await page.goto(base + "/account/sessions");
await page.click("table button:has-text('End')");
await page.waitForSelector("text=The session has ended");
await second.page.goto(base + "/account");
await title(second.page, "Sign in");

// A passkey removed; the last second factor stays.
await page.goto(base + "/account");
await page.click("a[href*='/remove'] >> nth=0");
await page.waitForSelector("button.danger, h1:has-text('Confirm')");
if (await page.locator("h1:has-text('Confirm')").count()) await page.click("text=Use a passkey");
await page.waitForSelector("button.danger");
await look(page, "remove");
await page.click("button.danger");
await page.waitForSelector("text=It is removed");
await page.click("a[href*='/remove'] >> nth=0");
await page.waitForSelector("button.danger");
await page.click("button.danger");
await page.waitForSelector("text=your role needs a second factor");
await look(page, "refused");

// The forms of a stranger, a small screen's menu, another person at the same machine.
await person.away();
await page.setViewportSize({ width: 390, height: 800 });
await page.goto(base + "/");
await page.click("a.menu");
await page.waitForSelector("nav.side >> text=Your account");
await look(page, "menu");
await page.goto(base + "/switch");
await look(page, "switch");
await browser.close();
console.log(`${seen.size} pages, two themes, three widths: no violation`);
