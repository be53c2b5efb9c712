from django.urls import path

from accounts import api
from accounts.views import entrance, people, settings

app_name = "accounts"
urlpatterns = [
    path("signup/", entrance.signup, name="signup"),
    path("signup/code/", entrance.verify, name="verify"),
    path("login/", entrance.LogIn.as_view(), name="login"),
    path("logout/", entrance.logout, name="logout"),
    path("reset/", entrance.Reset.as_view(), name="reset"),
    path("reset/code/", entrance.ResetCode.as_view(), name="reset_code"),
    path("reset/password/", entrance.ResetPassword.as_view(), name="reset_password"),
    path("owner/<str:token>/", entrance.owner, name="owner"),
    path("settings/", settings.profile, name="settings"),
    path("settings/avatar/", settings.avatar, name="settings_avatar"),
    path("settings/account/", settings.account, name="settings_account"),
    path("settings/appearance/", settings.appearance, name="settings_appearance"),
    path("settings/language/", settings.language, name="settings_language"),
    path("settings/blocked/", settings.blocked, name="settings_blocked"),
    path("people/", people.everybody, name="people"),
    path("@<str:handle>/", people.profile, name="profile"),
    path("@<str:handle>/followers/", people.followers, name="followers"),
    path("@<str:handle>/following/", people.following, name="following"),
    path("@<str:handle>/follow/", people.follow, name="follow"),
    path("@<str:handle>/unfollow/", people.unfollow, name="unfollow"),
    path("@<str:handle>/block/", people.block, name="block"),
    path("@<str:handle>/unblock/", people.unblock, name="unblock"),
    path("@<str:handle>/<slug:tab>/", people.profile, name="profile_tab"),
    path("api/v1/auth/login", api.LoginView.as_view(), name="api_login"),
    path("api/v1/auth/refresh", api.RefreshView.as_view(), name="api_refresh"),
    path("api/v1/auth/logout", api.LogoutView.as_view(), name="api_logout"),
    path("api/v1/auth/ticket", api.TicketView.as_view(), name="api_ticket"),
    path("api/v1/me", api.MeView.as_view(), name="api_me"),
    path("api/v1/users/<str:id>", api.UserView.as_view(), name="api_user"),
    path("api/v1/users/<str:id>/follow", api.FollowView.as_view(), name="api_follow"),
    path("api/v1/users/<str:id>/block", api.BlockView.as_view(), name="api_block"),
    path("api/v1/users/<str:id>/followers", api.FollowersView.as_view(), name="api_followers"),
    path("api/v1/users/<str:id>/following", api.FollowingView.as_view(), name="api_following"),
]
