"""Addresses of the desk's screens, below `/newsroom/desk/`."""

from __future__ import annotations

from django.urls import path

from standfirst.desk import views, views_fronts

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
    path("stories/<int:story_id>/translations/", views.translations, name="translations"),
    path("takedowns/", views.takedowns, name="takedowns"),
    path("takedowns/<int:takedown_id>/", views.takedown, name="takedown"),
    path("embargoes/<int:embargo_id>/lift/", views.lift_embargo, name="lift_embargo"),
    path("stories/<int:story_id>/fronts/", views_fronts.on_fronts, name="on_fronts"),
    path("stories/<int:story_id>/breaking/", views_fronts.mark_breaking, name="breaking"),
    path("stories/<int:story_id>/breaking/end/", views_fronts.end_breaking, name="end_breaking"),
    path("fronts/", views_fronts.fronts, name="fronts"),
    path("fronts/open/", views.open_section, name="open_section"),
    path("fronts/<int:section_id>/", views_fronts.front, name="front"),
    path("fronts/<int:section_id>/put/", views_fronts.put, name="put"),
    path("fronts/<int:section_id>/places/<int:position>/give-back/", views_fronts.give_back, name="give_back"),
    path("fronts/<int:section_id>/places/<int:position>/move/", views_fronts.move, name="move"),
    path("fronts/<int:section_id>/keep-off/<int:story_id>/", views_fronts.keep_off, name="keep_off"),
    path("fronts/<int:section_id>/let-back/<int:story_id>/", views_fronts.let_back, name="let_back"),
    path("facts/", views.facts, name="facts"),
    path("standards/", views.standards, name="standards"),
]
