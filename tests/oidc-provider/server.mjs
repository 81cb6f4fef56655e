// An OpenID Connect provider that nobody of this project wrote, for the tests of signing in.
//
// `node server.mjs '{"redirectUri": "…", "postLogoutRedirectUri": "…"}'` takes a free port on loopback, prints
// `{"issuer": "…"}` on one line, and ends when its standard input does. A line `{"id": "ada", "claims": {…}}` there
// changes what it says of somebody, `null` removes them; it answers with a line. What differs from the demonstration
// provider: ES256, consent, claims that come from userinfo only, and refresh tokens only if `refreshTokens` says so.

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Provider } from "oidc-provider";

// The library's notices: whoever started this reads one line of standard output and then closes it.
console.info = console.error;

const { redirectUri, postLogoutRedirectUri, backchannelLogoutUri, refreshTokens } = JSON.parse(process.argv[2]);

const people = {
  ada: { name: "Ada Lovelace", email: "ada@example.org", email_verified: true, groups: ["vision-editors", "speech-viewers"] },
  grace: { name: "Grace Hopper", email: "grace@example.org", email_verified: false, groups: "vision-editors" },
  katherine: { name: "Katherine Johnson" },
};

function signingKey() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), kid: "only", alg: "ES256", use: "sig" };
}

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "stowage",
        client_secret: "s3cret & more=%",
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [postLogoutRedirectUri],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        id_token_signed_response_alg: "ES256",
        backchannel_logout_uri: backchannelLogoutUri,
        backchannel_logout_session_required: true,
      },
    ],
    jwks: { keys: [signingKey()] },
    cookies: { keys: ["a key for the tests"] },
    pkce: { required: () => true },
    scopes: ["openid", "offline_access", "profile", "email", "groups"],
    claims: { profile: ["name"], email: ["email", "email_verified"], groups: ["groups"] },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true }, backchannelLogout: { enabled: true } },
    issueRefreshToken: async () => refreshTokens,
    findAccount: (_context, id) =>
      people[id] ? { accountId: id, claims: () => ({ sub: id, ...people[id] }) } : undefined,
    // Without the library's protection against addresses such as loopback, where the console of a test is.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
  });
  server.on("request", provider.callback());
  console.log(JSON.stringify({ issuer }));
});

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, claims } = JSON.parse(line);
    people[id] = claims;
    console.log("{}");
  })
  .on("close", () => process.exit(0));
