// npm fhirclient 2 as a SMART app on a server: standalone launch, launch from within the clinic, reads, a refresh.
// node smart-launch.mjs BASE LINK CLIENT
import http from 'node:http';
import { createRequire } from 'node:module';
import { allow, follow, form, go, join, set } from './browser.mjs';

const smart = createRequire(import.meta.url)('fhirclient');
const [base, link, client] = process.argv.slice(2);
const stored = new Map();
const storage = {
  get: async (key) => stored.get(key),
  set: async (key, value) => { stored.set(key, value); return value; },
  unset: async (key) => stored.delete(key),
};
const scope = 'openid fhirUser offline_access patient/*.rs';
const settings = (more) => ({ clientId: client, redirectUri: '/done', scope: `${scope} ${more}`, pkceMode: 'required' });
let settle;
const app = http.createServer(async (request, response) => {
  const api = smart(request, response, storage);
  try {
    if (request.url.startsWith('/alone')) await api.authorize({ ...settings('launch/patient'), iss: `${base}/fhir` });
    else if (request.url.startsWith('/launch')) await api.authorize(settings('launch'));
    else { const ready = await api.ready(); response.end('ok'); settle.resolve(ready); }
  } catch (error) { response.end('failed'); settle.reject(error); }
});
await new Promise((listening) => app.listen(9127, '127.0.0.1', listening));
const own = 'http://127.0.0.1:9127';

// The app is asked, the person says yes, the app is ready.
async function through(first) {
  const ready = new Promise((resolve, reject) => { settle = { resolve, reject }; });
  const page = await follow(await go(first), `${base}/oauth/authorize`);
  if (!page.left) throw new Error(`the app did not ask: ${page.text.slice(0, 500)}`);
  await go(await allow(page.left, `${own}/done`));
  return ready;
}

async function check(name, ready) {
  const patient = await ready.patient.read();
  const seen = await ready.request(`Patient/${ready.patient.id}`);
  console.log(name, ready.patient.id, patient.id === seen.id, ready.getUserType());
  const before = ready.state.tokenResponse.refresh_token;
  await ready.refresh();
  const again = await ready.request(`Patient/${ready.patient.id}`);
  console.log('refreshed', before !== ready.state.tokenResponse.refresh_token, again.resourceType);
}

await join(link);
await check('standalone', await through(`${own}/alone`));
stored.clear();
const list = await follow(await go(`${base}/apps?patient=judge-01`));
const { action, fields } = form(list.text, '/apps/open');
const opened = await follow(await go(new URL(action, base), set(fields, { client })), `${own}/launch`);
if (!opened.left) throw new Error(`not opened: ${opened.answer.status} ${opened.text.slice(0, 2000)}`);
await check('launched', await through(opened.left));
app.close();
