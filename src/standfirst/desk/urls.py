"""Addresses of the desk's screens, below `/newsroom/desk/`."""

from __future__ import annotations

from django.urls import path

from standfirst.desk import views

app_name = "desk"
urlpatterns = [
    path("", views.stories_list, name="stories"),
    path("new/", views.new_story, name="new"),
    path("changes/<int:change_id>.json", views.change_json, name="change_json"),
    path("changes/<int:change_id>/", views.change, name="change"),
    path("worker.json", views.worker_json, name="worker_json"),
    path("stories/<int:story_id>/kill/", views.take_down, {"kind": "kill"}, name="kill"),
    path("stories/<int:story_id>/withhold/", views.take_down, {"kind": "withhold"}, name="withhold"),
    path("stories/<int:story_id>/correct/", views.correct, name="correct"),
    path("takedowns/", views.takedowns, name="takedowns"),
    path("takedowns/<int:takedown_id>/", views.takedown, name="takedown"),
    path("embargoes/<int:embargo_id>/lift/", views.lift_embargo, name="lift_embargo"),
    path("fronts/", views.fronts, name="fronts"),
    path("fronts/open/", views.open_section, name="open_section"),
    path("fronts/<int:section_id>/pin/", views.pin, name="pin"),
    path("fronts/<int:section_id>/unpin/", views.unpin, name="unpin"),
    path("facts/", views.facts, name="facts"),
    path("standards/", views.standards, name="standards"),
]
