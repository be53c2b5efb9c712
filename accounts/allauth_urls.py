"""The names under which allauth looks for its pages; they are ours."""

from django.urls import path

from accounts.views import addresses, confirm, entrance, security, settings

urlpatterns = [
    path("signup/", entrance.signup, name="account_signup"),
    path("signup/code/", entrance.verify, name="account_email_verification_sent"),
    path("login/", entrance.LogIn.as_view(), name="account_login"),
    path("logout/", entrance.logout, name="account_logout"),
    path("login/inactive/", entrance.inactive, name="account_inactive"),
    path("login/factor/", entrance.SecondFactor.as_view(), name="mfa_authenticate"),
    path("reset/", entrance.Reset.as_view(), name="account_reset_password"),
    path("reset/code/", entrance.ResetCode.as_view(), name="account_confirm_password_reset_code"),
    path("reset/password/", entrance.ResetPassword.as_view(), name="account_complete_password_reset"),
    path("settings/account/", settings.account, name="account_change_password"),
    path("settings/account/email/", addresses.move, name="account_email"),
    path("settings/security/", security.security, name="mfa_index"),
    path("settings/security/confirm/", confirm.confirm, name="account_reauthenticate"),
    path("settings/security/confirm/", confirm.confirm, name="mfa_reauthenticate"),
    path("settings/security/confirm/", confirm.confirm, name="mfa_reauthenticate_webauthn"),
]
