// A browser for the judges: cookies, forms and the Refresh header, nothing else. A patient takes an invitation up, and says yes to
// an app on the clinic's own pages.
const jar = new Map();

export async function go(address, fields) {
  const headers = { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') };
  const body = fields ? new URLSearchParams(fields) : undefined;
  const answer = await fetch(address, { method: fields ? 'POST' : 'GET', headers, body, redirect: 'manual' });
  for (const line of answer.headers.getSetCookie()) {
    const [name, value] = line.split(';')[0].split('=');
    if (value) jar.set(name, value); else jar.delete(name);
  }
  return { answer, text: await answer.text(), address };
}

// Follows redirects and refreshes, until a page stays or the way leads to `stop`.
export async function follow(page, stop) {
  for (let n = 0; n < 12; n += 1) {
    const refresh = page.answer.headers.get('refresh')?.replace(/^0; url=/, '');
    const next = page.answer.headers.get('location') ?? refresh;
    if (!next) return page;
    const address = new URL(next, page.address);
    if (stop && address.href.startsWith(stop)) return { ...page, left: address };
    page = await go(address);
  }
  throw new Error('redirected without end');
}

const plain = (text) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");

// The fields of the form that is sent to an action: hidden ones, ticked ones.
export function form(text, action) {
  const found = text.split('<form').find((f) => f.includes(`action="${action}"`));
  if (!found) throw new Error(`no form for ${action} in ${text.slice(0, 4000)}`);
  const fields = [];
  for (const [tag] of found.split('</form>')[0].matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(tag)?.[1];
    const type = /type="([^"]*)"/.exec(tag)?.[1];
    const choice = type === 'checkbox' || type === 'radio';
    if (name && (!choice || / checked/.test(tag))) fields.push([name, plain(/value="([^"]*)"/.exec(tag)?.[1] ?? '')]);
  }
  return { action: plain(/action="([^"]*)"/.exec(found)[1]), fields };
}

export const set = (fields, changes) => [...fields.filter(([name]) => !(name in changes)), ...Object.entries(changes)];

// Takes an invitation up with a password.
export async function join(link) {
  const page = await follow(await go(link));
  const path = new URL(page.address).pathname;
  const { action, fields } = form(page.text, path);
  const password = 'a long phrase for the judges 1';
  const done = await go(new URL(action, page.address), set(fields, { password }));
  if (done.answer.status >= 400) throw new Error(`invitation: ${done.answer.status} ${done.text.slice(0, 3000)}`);
}

// Goes where an app sends the browser and says yes; gives the address that the browser is sent back to.
export async function allow(address, back) {
  let page = await follow(await go(address), back);
  if (page.left) return page.left;
  const { action, fields } = form(page.text, '/oauth/consent');
  page = await go(new URL(action, page.address), set(fields, { life: 'quarter', answer: 'allow' }));
  page = await follow(page, back);
  if (!page.left) throw new Error(`consent: ${page.answer.status} ${page.text.slice(0, 3000)}`);
  return page.left;
}
