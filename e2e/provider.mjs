// A real OpenID Connect provider for the tests: node provider.mjs '{"port": 22000, "callbacks": [...], ...}'.
// One logs in by choosing an account; PUT /accounts/<sub> makes or changes one.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const { port, site, key } = JSON.parse(process.argv[2]);
const issuer = `http://localhost:${port}`;
const accounts = new Map();

const provider = new Provider(issuer, {
  clients: [{
    client_id: "socialsite",
    client_secret: "a secret of the tests, long enough",
    redirect_uris: [`${site}/accounts/sso/${key}/callback/`],
    post_logout_redirect_uris: [`${site}/`],
    backchannel_logout_uri: `${site}/accounts/sso/${key}/backchannel/`,
    backchannel_logout_session_required: true,
  }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username", "groups"] },
  cookies: { keys: ["only for tests"] },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = page("Log out?", `${form}<button form="op.logoutForm" name="logout" value="yes">Log out here</button>`);
      },
      postLogoutSuccessSource: (ctx) => { ctx.body = page("Logged out", "<p>Goodbye.</p>"); },
    },
  },
  interactions: { url: (_ctx, interaction) => `/choose/${interaction.uid}` },
  findAccount: (_ctx, sub) => accounts.has(sub) && { accountId: sub, claims: () => ({ sub, ...accounts.get(sub) }) },
  // Nobody is asked what the site may know.
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
  // By itself it calls no server on this machine.
  fetch: (url, { dispatcher: _guard, ...options }) => globalThis.fetch(url, options),
  pkce: { required: () => true },
  renderError: (ctx, out) => { ctx.body = page("Error", `<p>${out.error}: ${out.error_description ?? ""}</p>`); },
});

const page = (title, body) => `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">
<title>${title}</title><h1>${title}</h1>${body}</html>`;

async function choose(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  if (request.method === "GET") {
    const buttons = [...accounts.keys()].map((sub) => `<button name="sub" value="${sub}">${sub}</button>`);
    response.setHeader("content-type", "text/html");
    response.end(page("Who are you?", `<p>For ${params.client_id}</p><form method="post">${buttons.join(" ")}
      <button name="sub" value="">Cancel</button></form>`));
    return;
  }
  const sub = new URLSearchParams(await body(request)).get("sub");
  const result = sub ? { login: { accountId: sub } } : { error: "access_denied", error_description: "cancelled" };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function body(request) {
  let text = "";
  for await (const piece of request) text += piece;
  return text;
}

const rest = provider.callback();
createServer(async (request, response) => {
  try {
    const [, place, name] = new URL(request.url, issuer).pathname.split("/");
    if (place === "accounts" && request.method === "PUT") {
      accounts.set(name, JSON.parse(await body(request)));
      response.end();
    } else if (place === "choose") {
      await choose(request, response);
    } else {
      rest(request, response);
    }
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
}).listen(port, "127.0.0.1", () => console.log("listening"));
