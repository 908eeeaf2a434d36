from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "standfirst.changes"
    label = "changes"
    verbose_name = "Changes"
