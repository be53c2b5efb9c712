"""The protocol of OpenID Connect, towards one provider at a time. It waits for the network: never in a transaction.

What a provider says is believed only after it is checked here: signature, issuer, audience, times, nonce. allauth keeps
the state of a login that is under way (views/sso.py); its provider classes check less than this (decision 0010).
"""

import base64
import hashlib
import hmac
import json
import logging
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import requests
from django.core.cache import cache

from accounts import rules
from accounts.providers import Provider, is_safe_address
from core import errors

log = logging.getLogger(__name__)

TIMEOUT = (3.05, 5)  # seconds to connect, and between two bytes
TOGETHER = 10.0  # seconds for a whole answer
LONGEST = 512 * 1024
KEPT = 3600  # seconds that a discovery document and keys are good
KEYS_AGAIN = 60  # an unknown key is asked for at most this often
LEEWAY = 60
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_AGE = 600
# Keys that only the provider holds. HS256 would be signed with our own secret, and "none" with nothing.
ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}


class Unreachable(Exception):
    """The provider does not answer, or not as one should. str() is for the operator, in English."""


class Refused(Exception):
    """The provider's answer cannot be believed, or it says no. str() is for the operator, in English."""


@dataclass(frozen=True)
class Tokens:
    """What a code was exchanged for."""

    id_token: str
    access_token: str


# -- What the provider publishes ---------------------------------------------------------------------------------------


def discovery(provider: Provider, *, fresh: bool = False) -> dict[str, Any]:
    """The provider's own description of itself: its issuer is the one we know, its addresses are safe."""
    name = f"oidc:discovery:{_short(provider.issuer)}"
    found: dict[str, Any] | None = None if fresh else cache.get(name)
    if found is None:
        url = f"{provider.issuer}/.well-known/openid-configuration"
        found = _object(_ask("GET", url), url)
        _check_discovery(provider, found, url)
        cache.set(name, found, KEPT)
    return found


def _check_discovery(provider: Provider, found: dict[str, Any], url: str) -> None:
    if str(found.get("issuer", "")).rstrip("/") != provider.issuer:
        raise Unreachable(f"{url} speaks for {found.get('issuer')!r}, not for {provider.issuer!r}")
    for field in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not is_safe_address(found.get(field)):
            raise Unreachable(f"{url} names no {field} with https")
    for field in ("userinfo_endpoint", "end_session_endpoint"):
        if field in found and not is_safe_address(found[field]):
            raise Unreachable(f"{url} names a {field} without https")
    methods = found.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise Unreachable(f"{url} does not know PKCE with S256")


def signing_keys(provider: Provider, *, fresh: bool = False) -> list[dict[str, Any]]:
    """The provider's public keys."""
    url = discovery(provider)["jwks_uri"]
    name = f"oidc:keys:{_short(url)}"
    found: list[dict[str, Any]] | None = None if fresh else cache.get(name)
    if found is None:
        keys = _object(_ask("GET", url), url).get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise Unreachable(f"{url} holds no keys")
        found = [key for key in keys if key.get("kty") in ALGORITHMS and key.get("use", "sig") == "sig"]
        cache.set(name, found, KEPT)
    return found


# -- A login -----------------------------------------------------------------------------------------------------------


def nonce_of(verifier: str) -> str:
    """The verifier never leaves our side, so the nonce made of it needs no place of its own."""
    return _short(f"nonce:{verifier}")


def authorization_url(provider: Provider, *, callback: str, state: str, verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    words = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": callback,
        "scope": provider.scopes,
        "state": state,
        "nonce": nonce_of(verifier),
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    return _with(discovery(provider)["authorization_endpoint"], words)


def check_issuer_of_answer(provider: Provider, named: str | None) -> None:
    """RFC 9207: an answer that names another issuer was meant for somebody else (mix-up)."""
    known = discovery(provider)
    if named is None and known.get("authorization_response_iss_parameter_supported") is True:
        raise Refused("the answer does not say which provider it is from")
    if named is not None and named != known["issuer"]:
        raise Refused("the answer is from another provider")


def exchange(provider: Provider, *, code: str, verifier: str, callback: str) -> Tokens:
    """The code for tokens, straight from the provider."""
    known = discovery(provider)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": verifier}
    methods = known.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    basic = None
    if not provider.client_secret:
        form["client_id"] = provider.client_id
    elif "client_secret_basic" in methods:
        # RFC 6749, 2.3.1: both are form-encoded first, so a colon in the id does no harm.
        basic = (quote(provider.client_id, safe=""), quote(provider.client_secret, safe=""))
    else:
        form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    answer = _ask("POST", known["token_endpoint"], data=form, auth=basic, refusals=True)
    body = _object(answer, known["token_endpoint"])
    if answer.status != 200:
        raise Refused(f"the code is not taken ({str(body.get('error', answer.status))[:80]})")
    id_token, access_token = body.get("id_token"), body.get("access_token", "")
    if not isinstance(id_token, str) or not isinstance(access_token, str):
        raise Refused("there is no id token; the scope must hold openid")
    return Tokens(id_token=id_token, access_token=access_token)


def read_id_token(provider: Provider, raw: str, *, verifier: str) -> dict[str, Any]:
    """The claims of an id token that was made by this provider, for us, for this very login, and is still good."""
    claims = _read(provider, raw, require=["exp", "iat", "sub"])
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce_of(verifier).encode()):
        raise Refused("the nonce is not the one of this login")
    return claims


def claims_of(provider: Provider, tokens: Tokens, *, verifier: str) -> dict[str, Any]:
    """All that the provider says of somebody: the id token, and where it is silent its userinfo."""
    claims = read_id_token(provider, tokens.id_token, verifier=verifier)
    complete = {"email", "name"} <= claims.keys() and (not provider.role_claim or roles_of(provider, claims))
    url = discovery(provider).get("userinfo_endpoint")
    if url and tokens.access_token and not complete:
        more = _object(_ask("GET", url, headers={"Authorization": f"Bearer {tokens.access_token}"}), url)
        if more.get("sub") != claims["sub"]:
            raise Refused("userinfo is about somebody else")
        if "email" in claims:  # an address and whether it is proven come from one place
            more.pop("email_verified", None)
        claims = {**more, **claims}
    return claims


@dataclass(frozen=True)
class ShownIdentity:
    """The identity of somebody whom a provider has just named. `proven`: it has proven the address, and is trusted for
    that. `sid` is its name for its own session."""

    provider: str
    issuer: str
    subject: str
    email: str = ""
    proven: bool = False
    name: str = ""
    handle: str = ""
    roles: tuple[str, ...] = ()
    sid: str = ""

    @property
    def label(self) -> str:
        """How its member knows this identity again."""
        return (self.email or self.handle or self.name)[:254]


def arrival(provider: Provider, claims: dict[str, Any]) -> ShownIdentity:
    try:
        email = rules.clean_email(str(claims.get("email") or ""))
    except errors.Invalid:
        email = ""
    sid, verified = claims.get("sid"), claims.get("email_verified")
    is_proven = verified is True or verified == "true"  # Cognito writes it as a text
    return ShownIdentity(
        provider=provider.key,
        issuer=claims["iss"],
        subject=claims["sub"],
        email=email,
        proven=bool(email) and provider.trust_email and is_proven,
        name=str(claims.get("name") or "")[:200],
        handle=str(claims.get("preferred_username") or "")[:200],
        roles=roles_of(provider, claims),
        sid=sid if isinstance(sid, str) and len(sid) <= 200 else "",
    )


def roles_of(provider: Provider, claims: dict[str, Any]) -> tuple[str, ...]:
    """What the claim holds, by name ("cognito:groups") or by a path of names ("realm_access.roles")."""
    if not provider.role_claim:
        return ()
    found: Any = claims.get(provider.role_claim)
    if found is None:
        found = claims
        for name in provider.role_claim.split("."):
            found = found.get(name) if isinstance(found, dict) else None
    values = [found] if isinstance(found, str) else found
    return tuple(one for one in values if isinstance(one, str)) if isinstance(values, list) else ()


# -- Log-out -----------------------------------------------------------------------------------------------------------


def end_session_url(provider: Provider, *, id_token: str, back: str) -> str:
    """Where to log out there, too; empty when the provider has no such place."""
    url = discovery(provider).get("end_session_endpoint")
    words = {"client_id": provider.client_id, "post_logout_redirect_uri": back}
    return _with(url, {"id_token_hint": id_token, **words} if id_token else words) if url else ""


def read_logout_token(provider: Provider, raw: str) -> dict[str, Any]:
    """The claims of a back-channel log-out token (sub, sid or both, jti, iat, issuer)."""
    claims = _read(provider, raw, require=["iat", "jti"], kinds={"logout+jwt", "jwt"})
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise Refused("the token is about no log-out")
    if "nonce" in claims:
        raise Refused("this is an id token")
    if claims["iat"] < time.time() - LOGOUT_AGE:
        raise Refused("the token is too old")
    named = [claims[name] for name in ("sub", "sid", "jti") if name in claims]
    if not {"sub", "sid"} & claims.keys() or not all(isinstance(one, str) and one for one in named):
        raise Refused("the token does not say who")
    return claims


# -- Tokens and answers ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


def _read(
    provider: Provider, raw: str, *, require: list[str], kinds: frozenset[str] | set[str] = frozenset()
) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(raw)
        key = _key_for(provider, header)
        claims: dict[str, Any] = jwt.decode(
            raw,
            key=key,
            algorithms=[header["alg"]],  # which `_key_for` has found fit for this kind of key
            issuer=discovery(provider)["issuer"],
            audience=provider.client_id,
            leeway=LEEWAY,
            options={"require": ["iss", "aud", *require]},
        )
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise Refused(f"the token cannot be believed ({type(error).__name__})") from None
    if kinds and str(header.get("typ", "jwt")).lower() not in kinds:
        raise Refused("the token is of another kind")
    others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if ("azp" in claims or others) and claims.get("azp") != provider.client_id:
        raise Refused("the token was made for another application")
    if "sub" in claims and not (isinstance(claims["sub"], str) and 0 < len(claims["sub"]) <= 255):
        raise Refused("the token does not say who")
    return claims


def _key_for(provider: Provider, header: dict[str, Any]) -> Any:
    """The provider's public key that a token says it is signed with; asked for anew when it is not known."""
    if not any(header.get("alg") in fit for fit in ALGORITHMS.values()):
        raise Refused(f"the token is signed with {str(header.get('alg'))[:20]}")
    found = _fitting(signing_keys(provider), header)
    if not found and cache.add(f"oidc:again:{_short(provider.issuer)}", 1, KEYS_AGAIN):
        found = _fitting(signing_keys(provider, fresh=True), header)
    if len(found) != 1:
        raise Refused("the token is signed with a key that the provider does not publish")
    return jwt.PyJWK(found[0], algorithm=header["alg"]).key


def _fitting(keys: list[dict[str, Any]], header: dict[str, Any]) -> list[dict[str, Any]]:
    alg, kid = header["alg"], header.get("kid")
    fit = [key for key in keys if alg in ALGORITHMS[key["kty"]] and key.get("alg", alg) == alg]
    return [key for key in fit if kid is None or key.get("kid") == kid]


def _ask(
    method: str,
    url: str,
    *,
    data: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    refusals: bool = False,
) -> Answer:
    """One answer, whole in memory: no redirects, bounded in time and size. `refusals`: 4xx is an answer, too."""
    began = time.monotonic()
    words = {"Accept": "application/json", **(headers or {})}
    try:
        with (
            requests.Session() as session,
            session.request(
                method, url, data=data, headers=words, auth=auth, timeout=TIMEOUT, allow_redirects=False, stream=True
            ) as answer,
        ):
            body = b""
            for piece in answer.iter_content(16 * 1024):
                body += piece
                if len(body) > LONGEST or time.monotonic() - began > TOGETHER:
                    raise Unreachable(f"{url} says too much, or too slowly")
            status = answer.status_code
    except (requests.RequestException, ValueError) as error:
        raise Unreachable(f"{url} does not answer ({type(error).__name__})") from None
    if status == 200 or (refusals and 400 <= status < 500):
        return Answer(status, body)
    raise Unreachable(f"{url} answers {status}")


def _object(answer: Answer, url: str) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unreachable(f"{url} does not answer with a JSON object")
    return found


def _with(url: str, words: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(words)}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:43]


def fault_of(provider: Provider) -> str:
    """What is wrong with a provider, asked anew; empty when it answers as it should."""
    try:
        discovery(provider, fresh=True)
        if not signing_keys(provider, fresh=True):
            return "it publishes no keys that we can use (RS256, ES256 or EdDSA)"
    except Unreachable as error:
        return str(error)
    return ""
