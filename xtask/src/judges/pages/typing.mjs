// What somebody types is not lost: without a connection, in two tabs, when the session ends in the middle, with pasted markup and
// megabytes, or when they leave by mistake; and it never goes into the record in somebody else's name.
// node typing.mjs FILE WITH WHAT THE DEMONSTRATION SAID
import { chart, demonstration } from "./demo.mjs";

const { browser, base, wrong, open, tab, signIn } = await demonstration(process.argv[2], ["ERR_INTERNET_DISCONNECTED", "status of 409", "status of 413", "status of 422"]);
const held = (page) => page.locator("#held");
const button = (page, name) => page.locator("main").getByRole("button", { name }).first();
const says = async (page, text, where) => {
  const found = page.getByText(text).first();
  await found.waitFor().catch(() => wrong.push(`${where}: does not say: ${text}`));
};
const is = (what, where) => { if (!what) wrong.push(where); };
const saved = (page) => page.locator(".draft-state", { hasText: "Draft saved" }).waitFor();

const noteWithoutConnection = async () => {
  const page = await open("Clinician");
  await page.goto(base + (await chart(page, base)) + "/notes/new");
  const area = page.locator("#f-subjective");
  await area.pressSequentially("Cough");
  await saved(page);
  await page.context().setOffline(true);
  await area.pressSequentially(" for a week");
  await says(page, "Not saved: no connection", "a note without a connection");
  await button(page, "Save the draft").click();
  await held(page).waitFor();
  is((await area.inputValue()) === "Cough for a week", "a note without a connection: what was typed is gone");
  await page.context().setOffline(false);
  await page.waitForURL(/\/edit$/);
  is((await area.inputValue()) === "Cough for a week", "a note is not sent once there is a connection again");
  await area.fill("");
  await area.pressSequentially("<script>window.ran = 1</script><b>bold</b>");
  await saved(page);
  await page.reload();
  is((await area.inputValue()) === "<script>window.ran = 1</script><b>bold</b>", "pasted markup is changed");
  is(!(await page.evaluate(() => window.ran)), "pasted markup runs");
  // Somebody else's, or one's own in another tab.
  const other = await tab(page, "Clinician");
  await other.goto(page.url());
  await other.locator("#f-plan").pressSequentially("Rest");
  await saved(other);
  await page.locator("#f-plan").pressSequentially("Fluids");
  await says(page, "This draft was changed elsewhere", "a draft in two tabs");
  await button(page, "Save the draft").click();
  await says(page, "The draft was changed elsewhere while you were writing", "a draft in two tabs");
  is((await page.locator("#f-plan").inputValue()) === "Fluids", "a draft in two tabs: one's own text is gone");
  await says(page, "Rest", "a draft in two tabs");
  await page.locator("#f-plan").fill("Rest, fluids");
  await button(page, "Save the draft").click();
  await page.getByText("The draft was changed elsewhere while you were writing").waitFor({ state: "detached" });
  await other.goto(page.url());
  is((await other.locator("#f-plan").inputValue()) === "Rest, fluids", "a draft in two tabs: what was joined is not saved");
  await other.close();
  // More than a form takes, and more than a part takes.
  await area.fill("x".repeat(3_000_000));
  await button(page, "Save the draft").click();
  await says(page, "This is longer than a form takes", "megabytes");
  is((await area.inputValue()).length === 3_000_000, "megabytes: what was typed is gone");
  await area.fill("y".repeat(30_000));
  await button(page, "Save the draft").click();
  await page.locator("#f-subjective-error").waitFor();
  is((await area.inputValue()).length === 30_000, "a part that is too long is not kept");
  await page.context().close();
};

const formWithoutConnection = async () => {
  const page = await open("Nurse");
  const at = await chart(page, base);
  await page.goto(base + at + "/vitals/new");
  await page.locator("#f-pulse").fill("83");
  await page.context().setOffline(true);
  await page.keyboard.press("Enter");
  await says(page, "No connection. What you typed stays here", "a form without a connection");
  is((await page.locator("#f-pulse").inputValue()) === "83", "a form without a connection: what was typed is gone");
  await page.context().setOffline(false);
  await page.waitForURL((url) => !url.pathname.endsWith("/new"));
  await says(page, "83", "a form that waited for a connection");
  await page.context().close();
};

const sessionEnds = async () => {
  const page = await open("Clinician");
  const at = await chart(page, base, 1);
  const name = `Ringing ears ${Date.now() % 1000}`;
  await page.goto(base + at + "/problems/new");
  await page.locator("#f-name").fill(name);
  const other = await tab(page, "Clinician");
  await other.goto(base + "/");
  await other.locator("details.who summary").click();
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.waitForURL(/sign-in/);
  await button(page, /Add|Save/).click();
  await says(page, "Your session is over", "a session that ended");
  is(await page.locator("#held a").isVisible(), "a session that ended: no way to sign in");
  await signIn(other, "Nurse");
  await says(page, "Somebody else is signed in now", "another person's session");
  is(new URL(page.url()).pathname.endsWith("/problems/new"), "a form was sent in somebody else's name");
  await other.locator("details.who summary").click();
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.waitForURL(/sign-in/);
  await signIn(other, "Clinician");
  await button(page, /Add|Save/).click();
  await page.waitForURL(base + at);
  await says(page, name, "a form that waited for its session");
  // Leaving by mistake is asked about.
  await page.goto(base + at + "/allergies/new");
  await page.locator("#f-substance").pressSequentially("Peanut");
  let asked = 0;
  page.on("dialog", async (dialog) => {
    asked += 1;
    await dialog.dismiss();
  });
  await page.getByRole("link", { name: "Patients" }).first().click();
  await page.waitForTimeout(500);
  is(asked === 1, "nobody asks before a page with something typed is left");
  is((await page.locator("#f-substance").inputValue()) === "Peanut", "what was typed is gone");
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.waitForURL(base + at);
  is(asked === 1, "a way of the form's own is asked about");
  await page.context().close();
};

try {
  for (const act of [noteWithoutConnection, formWithoutConnection, sessionEnds]) {
    await act().catch((error) => wrong.push(`${act.name}: ${error.message.split("\n").slice(0, 3).join(" ")}`));
  }
} finally {
  await browser.close();
}
if (wrong.length > 0) {
  console.error([...new Set(wrong)].join("\n"));
  process.exit(1);
}
console.log("notes and forms wait for a connection, a session and for each other");
