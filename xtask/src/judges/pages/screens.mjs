// The screens of a clinic's day, by who works on them: a name for pictures, and the path or the way there.
import { chart } from "./demo.mjs";

const DAY = 86_400_000;
const day = (ahead) => new Date(Date.now() + ahead * DAY).toISOString().slice(0, 10);

const of = (end) => async (page, base) => (await chart(page, base)) + end;

// The first link of a page that begins so.
const first = (from, begins) => async (page, base) => {
  await page.goto(base + from);
  return page.locator(`main a[href^="${begins}"]`).first().getAttribute("href");
};

// The first link of a page of the chart that holds this.
const within = (end, holds) => async (page, base) => {
  await page.goto(base + (await chart(page, base)) + end);
  return page.locator(`main a[href*="${holds}"]`).first().getAttribute("href");
};

export const SCREENS = {
  Nobody: [["01-sign-in", "/sign-in"]],
  "Front desk": [
    ["02-home-desk", "/"],
    ["03-schedule", "/schedule"],
    ["03-schedule-week", "/schedule?of=rooms"],
    ["03-book-whom", "/schedule/new"],
    ["03-book", async (page, base) => (await chart(page, base)) + `/appointments/new?at=${day(1)}T09:00`],
    ["03-waiting-list", "/schedule/waitlist"],
    ["03-recalls", "/schedule/recalls"],
    ["03-put-on-list", of("/waitlist/new")],
    ["03-recall", first("/schedule/recalls", "/patients/demo")],
    ["04-check-in", async (page, base) => {
      await page.goto(base + "/board");
      return page.locator('a:has-text("Check in")').first().getAttribute("href");
    }],
    ["05-board-desk", "/board"],
    ["06-register", "/patients/new"],
    ["06-photograph", of("/photo/new")],
    ["06-particulars", of("/edit")],
    ["06-merge", of("/merge")],
    ["07-chart-desk", of("")],
    ["07-registration", of("/registration")],
    ["07-insurance", of("/insurance/new")],
    ["07-consent", of("/consents/new")],
    ["07-related", of("/related/new")],
    ["14-add-document-desk", of("/documents/new")],
    ["03-appointment", within("", "/appointments/")],
  ],
  Nurse: [
    ["02-home-nurse", "/"],
    ["05-board", "/board"],
    ["08-rooming", of("/vitals/new")],
    ["13-immunization", of("/immunizations/new")],
    ["08-medication-with-the-patient", of("/reconcile")],
  ],
  Clinician: [
    ["02-home-clinician", "/"],
    ["06-search", "/patients"],
    ["07-chart", of("")],
    ["07-timeline", of("/timeline")],
    ["09-note", of("/notes/new")],
    ["10-orders", of("/orders")],
    ["10-prescribe", of("/orders/drug")],
    ["11-inbox", "/inbox"],
    ["11-results", of("/results")],
    ["08-vitals", of("/vitals")],
    ["12-medications", of("/medications")],
    ["14-forms", of("/forms")],
    ["14-documents", of("/documents")],
    ["14-add-document", of("/documents/new")],
    ["07-add-problem", of("/problems/new")],
    ["07-add-allergy", of("/allergies/new")],
    ["07-sort-problems", of("/problems/order")],
    ["07-plan", of("/plan")],
    ["07-new-plan", of("/plans/new")],
    ["07-new-goal", of("/goals/new")],
    ["07-visit", within("/timeline", "/visits/")],
    ["10-order-laboratory", within("/orders", "/orders/new/lab")],
    ["10-order-set", of("/orders/sets/diabetes")],
    ["12-add-medication", of("/medications/new")],
    ["14-form", of("/forms/new/phq-9")],
    ["15-letter", within("/letters", "/letters/new/")],
    ["16-task", of("/tasks/new")],
    ["03-away", "/schedule/away"],
    ["03-schedule-clinician", "/schedule"],
    ["02-go", "/go"],
    ["15-letters", of("/letters")],
    ["15-referral", of("/referrals/new")],
    ["16-tasks", "/tasks"],
    ["19-lists", "/lists"],
    ["19-reports", "/lists/measures/counted"],
  ],
  Biller: [["02-home-biller", "/"]],
  Administrator: [
    ["02-home-administrator", "/"],
    ["21-overview", "/admin"],
    ["21-people", "/admin/people"],
    ["21-roles", "/admin/roles"],
    ["21-policy-tester", "/admin/roles/test"],
    ["21-calendars", "/admin/calendars"],
    ["21-clinic-hours", "/admin/calendars/clinic"],
    ["21-person-hours", first("/admin/calendars", "/admin/calendars/people/")],
    ["21-room", first("/admin/calendars", "/admin/calendars/rooms/")],
    ["21-visit", first("/admin/calendars", "/admin/calendars/visits/demo")],
    ["21-facility", "/admin/facility"],
    ["21-forms", "/admin/forms"],
    ["21-templates", "/admin/templates"],
    ["21-template", first("/admin/templates", "/admin/templates/shipped")],
    ["21-new-template", "/admin/templates/new?begins=note"],
    ["21-codes", "/admin/codes"],
    ["21-load-codes", "/admin/codes/load"],
    ["21-value-lists", "/admin/values"],
    ["21-value-list", "/admin/values/laboratory"],
    ["21-apps", "/admin/clients"],
    ["21-new-app", "/admin/clients/new"],
    ["21-invite", "/admin/people/new"],
    ["21-role", first("/admin/roles", "/admin/roles/clinician")],
    ["21-new-form", "/admin/forms/new"],
    ["21-recertification", "/admin/recertification"],
    ["22-integrity", "/admin/integrity"],
    ["23-security", "/admin/security"],
  ],
  Auditor: [
    ["02-home-auditor", "/"],
    ["22-reports", "/admin/reports"],
    ["22-weekly-review", "/admin/reviews"],
    ["22-report", first("/admin/reports", "/admin/reports/")],
    ["22-scheduled", "/admin/scheduled"],
  ],
  "Security officer": [
    ["02-home-officer", "/"],
    ["22-emergency-review", "/admin/break-glass"],
    ["22-unexplained", "/admin/cases"],
    ["21-sessions", "/admin/sessions"],
    ["22-alerts", "/admin/alerts"],
    ["22-incidents", "/admin/incidents"],
    ["22-new-incident", "/admin/incidents/new"],
    ["23-security-officer", "/admin/security"],
  ],
};
