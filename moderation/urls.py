from django.urls import path

from moderation import api, views

app_name = "moderation"
urlpatterns = [
    path("@<str:handle>/report/", views.report_person, name="report_person"),
    path("posts/<int:id>/report/", views.report_post, name="report_post"),
    path("comments/<int:id>/report/", views.report_comment, name="report_comment"),
    path("chat/<int:id>/report/", views.report_group, name="report_group"),
    path("messages/<int:id>/report/", views.report_message, name="report_message"),
    path("site/reports/", views.reports, name="reports"),
    path("site/reports/<int:id>/close/", views.close, name="close"),
    path("site/reports/<int:id>/files/<uuid:key>/", views.file, name="file"),
    path("api/v1/reports", api.Reports.as_view(), name="api_reports"),
    path("api/v1/reports/<int:id>/close", api.CloseReports.as_view(), name="api_close"),
    path("api/v1/reports/<int:id>/files/<uuid:key>", api.ReportedFile.as_view(), name="api_file"),
]
