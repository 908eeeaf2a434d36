from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "standfirst.desk"
    label = "desk"
    verbose_name = "Desk"
