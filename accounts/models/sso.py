"""Single sign-on: the owner's providers, who is who there, log-outs heard, logins of apps on their way."""

from django.db import models

from accounts.models.people import User


class IdentityProvider(models.Model):
    """A provider from the owner's page; those of the environment stand in settings.OIDC_PROVIDERS. The columns are
    `providers.Provider`'s, the secret sealed."""

    key = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    issuer = models.CharField(max_length=300)
    client_id = models.CharField(max_length=300)
    secret = models.TextField(blank=True, help_text="Sealed (core.sealed); never shown again.")
    scopes = models.CharField(max_length=300)
    trust_email = models.BooleanField(default=False)
    domains = models.JSONField(default=list, blank=True)
    role_claim = models.CharField(max_length=100, blank=True)
    roles = models.JSONField(default=list, blank=True, help_text="Pairs: value of the claim, role.")
    logout = models.BooleanField(default=False)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key


class Identity(models.Model):
    """A member as a provider knows them. Only `issuer` and `subject` say who it is: addresses change hands."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    provider = models.CharField(max_length=40)
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    label = models.CharField(
        max_length=254, blank=True, help_text="Address or name there, so that its member knows it."
    )
    roles = models.JSONField(default=list, blank=True, help_text="Groups that this identity gave, and may take again.")
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "issuer", "subject"], name="identity_once")]
        indexes = [models.Index(fields=["user", "-id"], name="identities_of")]
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return f"{self.user_id} at {self.provider}"


class LogoutHeard(models.Model):
    """A log-out token of a provider that has been obeyed: it is good once."""

    digest = models.CharField(max_length=64, unique=True)
    until = models.DateTimeField(db_index=True, help_text="The token itself is too old after this.")

    def __str__(self) -> str:
        return f"log-out until {self.until:%Y-%m-%d %H:%M}"


class AppLogin(models.Model):
    """The one-time code that takes a login from the system browser to an app. Only its digest is kept."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    identity = models.ForeignKey(Identity, null=True, on_delete=models.CASCADE, related_name="+")
    provider_sid = models.CharField(max_length=200, null=True)
    challenge = models.CharField(max_length=64, help_text="PKCE: the app shows what this is the digest of.")
    redirect_uri = models.CharField(max_length=300)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"app login of {self.user_id}"
