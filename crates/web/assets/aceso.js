// The one script. Pages work without it; only passkeys, the command palette, drafts that save themselves, forms that wait for a connection, finding while typing, boards that are live and figures that come after their page need it. It builds no markup and keeps nothing.
"use strict";

// What the page's language says for a text of ours.
const told = new Map((document.documentElement.dataset.words || "").split("\n").map((line) => line.split("\t")));
const tell = (text) => told.get(text) || text;

const decode = (text) => {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0)).buffer;
};

const encode = (buffer) => {
  const binary = Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join("");
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

const withIds = (list) => (list || []).map((one) => ({ ...one, id: decode(one.id) }));

const toAsk = (options) => ({
  ...options,
  challenge: decode(options.challenge),
  allowCredentials: withIds(options.allowCredentials),
});

const toMake = (options) => ({
  ...options,
  challenge: decode(options.challenge),
  user: { ...options.user, id: decode(options.user.id) },
  excludeCredentials: withIds(options.excludeCredentials),
});

const answer = (credential) => {
  const { response } = credential;
  const common = {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    extensions: credential.getClientExtensionResults(),
  };
  if (response.attestationObject) {
    return {
      ...common,
      response: {
        attestationObject: encode(response.attestationObject),
        clientDataJSON: encode(response.clientDataJSON),
        transports: response.getTransports ? response.getTransports() : [],
      },
    };
  }
  return {
    ...common,
    response: {
      authenticatorData: encode(response.authenticatorData),
      clientDataJSON: encode(response.clientDataJSON),
      signature: encode(response.signature),
      userHandle: response.userHandle ? encode(response.userHandle) : null,
    },
  };
};

// A form with data-passkey="get" or "create" holds the server's options and a field for the browser's answer.
let waiting = null;

const askFor = async (form, quietly) => {
  if (waiting) waiting.abort();
  waiting = new AbortController();
  const options = JSON.parse(form.dataset.options).publicKey;
  const make = form.dataset.passkey === "create";
  const request = make ? { publicKey: toMake(options) } : { publicKey: toAsk(options) };
  request.signal = waiting.signal;
  if (quietly) request.mediation = "conditional";
  const credential = make ? await navigator.credentials.create(request) : await navigator.credentials.get(request);
  form.elements.credential.value = JSON.stringify(answer(credential));
  form.submit();
};

const failed = (form, error) => {
  if (error.name === "AbortError") return;
  const place = form.querySelector("[data-problem]");
  if (!place) return;
  place.textContent = error.name === "InvalidStateError"
    ? tell("This device has a passkey for this account already.")
    : tell("The passkey was not used: it was cancelled, took too long, or this device has none for this account.");
  place.hidden = false;
};

const passkeys = async () => {
  const forms = document.querySelectorAll("form[data-passkey]");
  if (!window.PublicKeyCredential) return;
  for (const form of forms) {
    form.hidden = false;
    for (const other of document.querySelectorAll("[data-with-passkey]")) other.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      askFor(form, false).catch((error) => failed(form, error));
    });
    const able = PublicKeyCredential.isConditionalMediationAvailable;
    if (form.dataset.passkey === "get" && "quietly" in form.dataset && able && (await PublicKeyCredential.isConditionalMediationAvailable())) {
      askFor(form, true).catch(() => {});
    }
  }
};

// Small things that a page can do without.
const niceties = () => {
  for (const button of document.querySelectorAll("button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).innerText);
      button.textContent = tell("Copied");
    });
  }
  for (const button of document.querySelectorAll("button[data-show]")) {
    const input = document.getElementById(button.dataset.show);
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.textContent = shown ? tell("Show") : tell("Hide");
      button.setAttribute("aria-pressed", String(!shown));
    });
  }
  // Times in the reader's own zone, in the page's language: where that is the browser's too, in its own way of writing.
  const page = document.documentElement.lang;
  const language = navigator.language.startsWith(page) ? undefined : page === "ar" ? "ar-u-nu-latn" : page;
  const here = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = here.format(at);
  }
  // Of many tabs the one that is open is in sight.
  for (const tab of document.querySelectorAll(".tabs a[aria-current]")) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  // A menu that is open closes when the person goes elsewhere.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.who[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.who[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  // What stands in a field as a suggestion is chosen whole, also by a click: a digit typed beside it would be another dose.
  for (const input of document.querySelectorAll("input[data-suggested]")) {
    const whole = () => { if (input.value === input.defaultValue && input.selectionStart === input.selectionEnd) input.select(); };
    input.addEventListener("focus", whole);
    input.addEventListener("click", whole);
  }
  // A file that is larger than is taken is not sent: that is said at once.
  for (const input of document.querySelectorAll("input[type=file][data-most]")) {
    const place = input.parentElement.querySelector("[data-problem]");
    input.addEventListener("change", () => {
      const large = Array.from(input.files).some((file) => file.size > Number(input.dataset.most));
      if (large) input.value = "";
      place.textContent = large ? input.dataset.large : "";
      place.hidden = !large;
    });
  }
};

// What was typed is not lost: it is sent when there is a connection and the session of whoever typed it, and once.
const isChanged = (field) => {
  if (!field.name || field.type === "hidden" || field.type === "password") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return Array.from(field.options).some((one) => one.selected !== one.defaultSelected);
  return field.value !== field.defaultValue;
};

const isTyped = (form) => Array.from(form.elements).some(isChanged);
const hasFields = (form) => Array.from(form.elements).some((one) => one.name && one.type !== "hidden" && one.type !== "submit");

const AGAIN = 3000;
// Forms in which somebody typed or chose something.
const touched = new WeakSet();
// Drafts on their way, by their form.
const saving = new WeakMap();
// Forms that may go.
const through = new WeakSet();

const hint = (text, signIn) => {
  const box = document.getElementById("held");
  if (!box) return;
  box.querySelector("p").textContent = text;
  box.querySelector("a").hidden = !signIn;
  box.hidden = !text;
};

// Whether the session is still that of whoever typed: "open", "over", "other" (somebody else's), "out" (no connection). In a
// session that was opened anew in another tab the page's forms get its token.
const still = async () => {
  let said = "";
  try {
    const answer = await fetch("/still", { cache: "no-store", redirect: "error" });
    if (!answer.ok) return "out";
    said = await answer.text();
  } catch {
    return "out";
  }
  // The server keeps what comes from a locked session, and asks for the lock.
  if (said === "locked") return "open";
  const [whose, token] = said.split("\n");
  if (!token) return "over";
  if (whose !== document.documentElement.dataset.whose) return "other";
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = token;
  return "open";
};

const waits = (state) => (state === "over"
  ? tell("Your session is over. What you typed stays here: sign in in another tab, then it is sent.")
  : tell("No connection. What you typed stays here, and is sent as soon as there is one."));

const hold = async (form, button) => {
  await saving.get(form);
  const state = await still();
  if (state === "open") {
    hint("");
    through.add(form);
    form.requestSubmit(button);
  } else if (state === "other") {
    hint(tell("Somebody else is signed in now: this is not sent in their name. What you typed stays here."));
    delete form.dataset.sent;
  } else {
    hint(waits(state), state === "over");
    setTimeout(() => hold(form, button), AGAIN);
  }
};

const isTooLong = (form) => {
  const box = document.getElementById("held");
  const most = box ? Number(box.dataset.most) : Infinity;
  return form.enctype !== "multipart/form-data" && new URLSearchParams(new FormData(form)).toString().length > most;
};

const longer = () => tell("This is longer than a form takes, and is not sent: shorten it first.");

const sending = () => {
  const whose = document.documentElement.dataset.whose;
  // A page without the place for what is to be said (a step of signing in) sends as browsers do.
  const says = document.getElementById("held");
  const mine = (form) => whose && says && form.method === "post" && form.closest("main") && !form.dataset.passkey && !form.dataset.finds;
  let meant = false;
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const form = event.target;
    if (through.delete(form)) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // A form that brings a file along leaves the page where it is.
    setTimeout(() => { if (!mine(form) || !hasFields(form)) delete form.dataset.sent; }, 2 * AGAIN);
    if ("leave" in form.dataset) meant = true;
    if (!mine(form) || !hasFields(form)) return;
    event.preventDefault();
    if (isTooLong(form)) {
      hint(longer());
      delete form.dataset.sent;
      return;
    }
    hold(form, event.submitter);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  // Whoever goes elsewhere by a way of the form's own means it; else the browser asks first.
  document.addEventListener("click", (event) => { if (event.target.closest("form a")) meant = true; });
  document.addEventListener("input", (event) => { if (event.target.form) touched.add(event.target.form); });
  window.addEventListener("beforeunload", (event) => {
    const lost = Array.from(document.forms).some((form) => touched.has(form) && mine(form) && !form.dataset.sent && !form.dataset.saved && isTyped(form));
    if (lost && !meant) event.preventDefault();
    meant = false;
  });
};

// A form with data-draft saves itself while somebody writes; what the server answers is the version to go on from.
const drafts = () => {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const told = form.querySelector(".draft-state");
    const say = (text) => { if (told) told.textContent = text; };
    let timer = null;
    let busy = false;
    const later = (wait) => { clearTimeout(timer); timer = setTimeout(send, wait); };
    // Says what became of it; whether it is to be tried again.
    const save = async () => {
      if (isTooLong(form)) {
        say(longer());
        return false;
      }
      const state = await still();
      if (state === "out") {
        say(tell("Not saved: no connection. It is tried again; what you typed stays here."));
        return true;
      }
      if (state !== "open") {
        say(waits("over"));
        return true;
      }
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.draft, { method: "POST", body, redirect: "error" });
      const version = answer.ok ? await answer.text() : "";
      if (/^[0-9]+$/.test(version)) {
        form.elements.version.value = version;
        form.dataset.saved = "yes";
        say(tell("Draft saved at {0}").replace("{0}", new Date().toLocaleTimeString()));
      } else if (answer.ok) {
        say(tell("The screen is locked in another tab. What you typed stays here; unlock it to go on."));
        return true;
      } else if (answer.status === 409) {
        say(tell("This draft was changed elsewhere. Press Save: you will see both."));
      } else {
        say(tell("The draft is not saved. Press Save to see why."));
      }
      return false;
    };
    const send = async () => {
      if (busy || form.dataset.sent) return later(1000);
      busy = true;
      const again = save().catch(() => true);
      saving.set(form, again);
      if (await again) later(AGAIN);
      busy = false;
    };
    form.addEventListener("input", () => { delete form.dataset.saved; say(tell("Not saved yet")); later(1500); });
    form.addEventListener("submit", () => clearTimeout(timer));
  }
};

// A form with data-part asks the server, while somebody fills it in, which of its parts are asked now.
const parts = () => {
  for (const form of document.querySelectorAll("form[data-part]")) {
    let timer = null;
    let turn = 0;
    const look = async () => {
      const mine = (turn += 1);
      try {
        const body = new URLSearchParams(new FormData(form));
        const answer = await fetch(form.dataset.part, { method: "POST", body, redirect: "error" });
        if (!answer.ok || mine !== turn) return;
        const { asked, values } = await answer.json();
        for (const part of form.querySelectorAll("[data-item]")) part.hidden = !asked.includes(part.dataset.item);
        for (const out of form.querySelectorAll("[data-value]")) out.textContent = values[out.dataset.value] || "–";
      } catch {
        // Without an answer the page stays as it is; the button does the same.
      }
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 250); });
  }
};

// What was typed goes along when the page is locked or left, and waits with the session.
const leaving = () => {
  for (const form of document.querySelectorAll("form[data-leave]")) {
    form.addEventListener("submit", () => {
      const all = Array.from(document.querySelectorAll("main form[method=post]"));
      const typed = all.find(isTyped);
      if (!typed) return;
      const fields = new URLSearchParams();
      for (const [name, value] of new FormData(typed)) {
        const secret = name === "csrf" || name.startsWith("password") || name.startsWith("code");
        if (!secret && typeof value === "string") fields.append(name, value);
      }
      const to = new URL(typed.getAttribute("action"), document.baseURI);
      form.elements.draft_to.value = to.pathname + to.search;
      form.elements.draft.value = fields.toString();
    });
  }
};

// A part of a page as the server has it now. The browser reads the answer as a document: its scripts do not run.
const part = (method, address, body, id) => new Promise((done, fail) => {
  const request = new XMLHttpRequest();
  request.open(method, address);
  request.responseType = "document";
  if (body) request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
  request.onload = () => {
    const found = request.response && request.response.getElementById(id);
    if (found) done(document.importNode(found, true));
    else fail(new Error("not there"));
  };
  request.onerror = fail;
  request.send(body);
});

const exchange = (fresh) => {
  const old = document.getElementById(fresh.id);
  if (old) old.replaceWith(fresh);
};

// A form with data-finds shows what it finds while somebody types.
const finders = () => {
  for (const form of document.querySelectorAll("form[data-finds]")) {
    let timer = null;
    let turn = 0;
    const send = async () => {
      const mine = ++turn;
      const body = new URLSearchParams(new FormData(form)).toString();
      const fresh = await part("POST", form.getAttribute("action"), body, form.dataset.finds);
      if (mine === turn) exchange(fresh);
    };
    form.addEventListener("input", (event) => {
      clearTimeout(timer);
      if (event.target.value.trim().length > 1) timer = setTimeout(() => send().catch(() => {}), 150);
    });
    form.addEventListener("submit", () => clearTimeout(timer));
  }
};

// A part with data-live is asked for again when the server says that something changed, and every minute, as times go on.
// While somebody chooses in it, it stays as it is.
const live = () => {
  const start = document.querySelector("[data-live]");
  if (!start || !window.EventSource) return;
  const { id, dataset } = start;
  let busy = false;
  let again = false;
  const refresh = async () => {
    const here = document.getElementById(id);
    if (busy || (here.contains(document.activeElement) && document.activeElement.matches("select"))) {
      again = true;
      return;
    }
    busy = true;
    again = false;
    try {
      exchange(await part("GET", dataset.part, null, id));
    } catch (error) {
      // The session is over, or locked: the page leads to signing in. Without a connection it is tried again later.
      if (error instanceof Error) location.reload();
    }
    busy = false;
    if (again) refresh();
  };
  const told = new EventSource(dataset.live);
  told.addEventListener("message", refresh);
  setInterval(refresh, 60000);
  document.addEventListener("focusout", () => { if (again) setTimeout(refresh, 500); });
};

// A part with data-soon takes longer than its page: it is asked for when the page is there. Without an answer its link stays.
const soon = () => {
  for (const start of document.querySelectorAll("[data-soon]")) {
    start.setAttribute("aria-busy", "true");
    part("GET", start.dataset.soon, null, start.id).then(exchange).catch(() => start.removeAttribute("aria-busy"));
  }
};

// The command palette: "/" or Ctrl-K opens it; arrow keys choose, as in a combobox (ARIA Authoring Practices Guide).
const typing = (element) => element && element.matches("input, textarea, select, [contenteditable]");

const palette = () => {
  const box = document.getElementById("go");
  if (!box || !box.showModal) return;
  const form = box.querySelector("form");
  const input = form.elements.q;
  let turn = 0;
  let timer = null;
  let chosen = -1;
  const options = () => Array.from(box.querySelectorAll("#go-found a"));
  const choose = (next) => {
    const all = options();
    chosen = all.length === 0 ? -1 : (next + all.length) % all.length;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === chosen)));
    if (chosen < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  };
  const dress = () => {
    const list = document.getElementById("go-found");
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.getAttribute("aria-label"));
    for (const one of list.querySelectorAll("ul, li, p")) one.setAttribute("role", "presentation");
    options().forEach((one, place) => {
      one.id = "go-option-" + place;
      one.tabIndex = -1;
      one.setAttribute("role", "option");
    });
    choose(0);
  };
  const look = async () => {
    const mine = (turn += 1);
    const body = new URLSearchParams(new FormData(form)).toString();
    const fresh = await part("POST", form.getAttribute("action"), body, "go-found");
    if (mine !== turn) return;
    exchange(fresh);
    dress();
  };
  // Without an answer the form still leads to the page.
  const quietly = () => look().catch(() => {});
  const open = (event) => {
    event.preventDefault();
    if (box.open) return;
    box.showModal();
    input.select();
    quietly();
  };
  document.addEventListener("keydown", (event) => {
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(document.activeElement);
    const control = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
    if (slash || control) open(event);
  });
  for (const way of document.querySelectorAll("a.go-open")) way.addEventListener("click", open);
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(quietly, 120); });
  const steps = { ArrowDown: () => chosen + 1, ArrowUp: () => chosen - 1, PageDown: () => chosen + 5, PageUp: () => chosen - 5 };
  input.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      choose(step());
    } else if (event.key === "Enter" && options()[chosen]) {
      event.preventDefault();
      options()[chosen].click();
    }
  });
};

niceties();
sending();
finders();
palette();
live();
soon();
drafts();
parts();
leaving();
passkeys();
