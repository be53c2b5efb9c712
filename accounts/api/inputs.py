"""What allauth's headless package makes of a request, with our rules where we ask for more (decision 0008 says where
and why). Those of its inputs that stand here unchanged are used as they are."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import Login
from allauth.headless.account import inputs as account
from allauth.headless.account.inputs import ReauthenticateInput, ResetPasswordKeyInput, VerifyEmailInput
from allauth.headless.mfa import inputs as mfa
from allauth.headless.mfa.inputs import AuthenticateWebAuthnInput, LoginWebAuthnInput, ReauthenticateWebAuthnInput
from django import forms

from accounts.actions import factors
from accounts.forms import entrance as entrance_forms
from accounts.forms import factors as factor_forms

__all__ = [
    "AddWebAuthnInput",
    "AuthenticateInput",
    "AuthenticateWebAuthnInput",
    "ChangePasswordInput",
    "LoginInput",
    "LoginWebAuthnInput",
    "ReauthenticateFactorInput",
    "ReauthenticateInput",
    "ReauthenticateWebAuthnInput",
    "RequestPasswordResetInput",
    "ResetPasswordInput",
    "ResetPasswordKeyInput",
    "SignupInput",
    "VerifyEmailInput",
]


class Typed(forms.CharField):
    """A password as it was typed: allauth's own field takes the spaces off its ends, and no page of ours does."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)


class LoginInput(account.LoginInput):
    """`login` stands once the password is right, whatever else allauth would refuse then."""

    password = Typed()
    login: Login | None = None


class SignupInput(entrance_forms.JoinForm, account.SignupInput):
    """What the doors ask besides. Our `handle` is allauth's `username`, by our rules and with one look for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["username"]

    def clean_password(self) -> str:
        """Judged by JoinForm.clean, which knows whose it is to be."""
        return str(self.cleaned_data["password"])


class RequestPasswordResetInput(entrance_forms.ResetForm, account.RequestPasswordResetInput):
    """One look for the address, known or not."""


class ResetPasswordInput(account.ResetPasswordInput):
    """Without the code: the step before has asked for it."""

    password = Typed()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["key"]


class ChangePasswordInput(account.ChangePasswordInput):
    """A wrong password counts, which allauth's own does not."""

    current_password = Typed(required=False)
    new_password = Typed()

    def clean_current_password(self) -> str:
        typed: str = self.cleaned_data["current_password"]
        if self.user.has_usable_password() and not factors.check_password(actor=self.user, password=typed):
            raise get_adapter().validation_error("enter_current_password")
        return typed


class AuthenticateInput(mfa.AuthenticateInput):
    clean_code = factor_forms.read_code


class ReauthenticateFactorInput(mfa.ReauthenticateInput):
    clean_code = factor_forms.read_code


class AddWebAuthnInput(factor_forms.PasskeyForm, mfa.AddWebAuthnInput):
    """One that can stand alone, with a name of ours."""
