// npm openid-client 6: discovery, authorization code with PKCE, ID token, userinfo, refresh, introspection, revocation; all of it
// once more with DPoP. node openid-launch.mjs BASE LINK CLIENT
import * as oidc from 'openid-client';
import { allow, join } from './browser.mjs';

const [base, link, client] = process.argv.slice(2);
const back = 'http://127.0.0.1:9/done';
await join(link);
const config = await oidc.discovery(new URL(base), client, undefined, oidc.None(), { execute: [oidc.allowInsecureRequests] });

async function launch(options) {
  const verifier = oidc.randomPKCECodeVerifier();
  const [nonce, state] = [oidc.randomNonce(), oidc.randomState()];
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: back, scope: 'openid fhirUser launch/patient offline_access patient/*.rs', state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', aud: `${base}/fhir`,
  });
  const left = await allow(address, back);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const tokens = await oidc.authorizationCodeGrant(config, left, checks, undefined, options);
  console.log('launched', tokens.patient, tokens.token_type, tokens.claims().fhirUser.endsWith('/fhir/Patient/judge-01'));
  const who = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, options);
  const chart = await oidc.fetchProtectedResource(
    config, tokens.access_token, new URL(`${base}/fhir/Patient/${tokens.patient}`), 'GET', undefined, undefined, options);
  console.log('userinfo', who.sub === tokens.claims().sub, 'read', chart.status);
  const next = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
  console.log('refreshed', next.refresh_token !== tokens.refresh_token, next.scope);
  const about = await oidc.tokenIntrospection(config, next.access_token);
  console.log('introspected', about.active, about.patient);
  await oidc.tokenRevocation(config, next.refresh_token);
  const after = await oidc.tokenIntrospection(config, next.access_token);
  console.log('revoked', after.active);
}

await launch();
const keys = await oidc.randomDPoPKeyPair('ES256');
await launch({ DPoP: oidc.getDPoPHandle(config, keys) });
