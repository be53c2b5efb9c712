// Passkeys: <form data-passkey="get|create"> holds a ceremony with the browser's keeper of passkeys. What it answers goes
// into the form's field `credential`, and the form is sent. Its options stand on the page (data-options: the id of a JSON
// block) or are fetched when they are needed (data-options-url).
import { get } from "./http.js";
import { t } from "./strings.js";

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const withBytes = (list = []) => list.map((one) => ({ ...one, id: toBytes(one.id) }));

async function optionsOf(form) {
  const { options, optionsUrl } = form.dataset;
  const found = options ? JSON.parse(document.getElementById(options).textContent) : (await get(optionsUrl)).request_options;
  return found.publicKey;
}

async function create(asked) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: toBytes(asked.challenge),
      user: { ...asked.user, id: toBytes(asked.user.id) },
      excludeCredentials: withBytes(asked.excludeCredentials),
    },
  });
  return answer(made, {
    attestationObject: toText(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function use(asked) {
  const used = await navigator.credentials.get({
    publicKey: { ...asked, challenge: toBytes(asked.challenge), allowCredentials: withBytes(asked.allowCredentials) },
  });
  const { authenticatorData, signature, userHandle } = used.response;
  return answer(used, {
    authenticatorData: toText(authenticatorData),
    signature: toText(signature),
    userHandle: userHandle ? toText(userHandle) : null,
  });
}

const answer = (credential, response) => ({
  id: credential.id,
  rawId: toText(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment ?? null,
  clientExtensionResults: credential.getClientExtensionResults(),
  response: { clientDataJSON: toText(credential.response.clientDataJSON), ...response },
});

function say(form, text) {
  const place = form.querySelector("[data-passkey-says]");
  place.textContent = text;
  place.hidden = !text;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.passkey || form.elements.credential.value) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  say(form, "");
  try {
    const ceremony = form.dataset.passkey === "create" ? create : use;
    form.elements.credential.value = JSON.stringify(await ceremony(await optionsOf(form)));
  } catch (error) {
    // The browser has said why in its own window; most often somebody has closed it.
    say(form, error instanceof DOMException ? t("passkey_stopped") : error.message);
  }
  form.removeAttribute("aria-busy");
  if (form.elements.credential.value) form.requestSubmit();
}, true);

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) form.elements.credential.value = "";
});

// Space is kept for the forms, so that nothing moves; they go where they are of no use.
if (!window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) form.hidden = true;
  for (const words of document.querySelectorAll("[data-passkey-missing]")) words.classList.remove("scriptless");
}
