"""A draft's way from the form into the file, who may do what, and what two people at once are told."""

from __future__ import annotations

import difflib
import html
import json
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette

from bot import staff_files
from bot.console.edit import drafts, publishing, trial
from bot.console.edit.tables import drafts as table
from bot.console.people.accounts import Role
from bot.console.people.tables import audit
from bot.console.record.tables import unrecorded
from bot.settings import PROJECT
from tests.support.console import browser
from tests.unit.bot.console.edit.conftest import PLAIN, Desk, form_of

TOPIC = "bot/content/topics/indicators.yml"
WORDS = ("You can see how your baby feels. Watch how your baby calms down. Watch how your baby shows what it feels. "
         "Watch how your baby looks at things and plays with them. All of this tells you how your baby is. Each day "
         "brings you more to see.")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison with the training data, which no test here is about, takes a second each time."""
    monkeypatch.setattr(publishing, "examine", trial.preview)


def state(desk: Desk, draft: str) -> str:
    """Of a draft, as the database has it."""
    found = drafts.find(desk.client.app.state.database, int(draft.rsplit("/", 1)[1]))  # type: ignore[attr-defined]
    assert found
    return found.state


def log(app: Starlette) -> list[sa.engine.Row]:
    """What was done to drafts, oldest first."""
    with app.state.database.connect() as connection:
        return list(connection.execute(sa.select(audit).where(audit.c.action.like("draft.%") | (audit.c.action ==
                                                                                               "content.published"))))


def changed_lines(desk: Desk, file: str) -> tuple[str, str]:
    """What went out of a file and what came into it, against the repository's."""
    before = (PROJECT / file).read_text(encoding="utf-8")
    lines = list(difflib.ndiff(before.splitlines(), desk.written(file).splitlines()))
    gone, came = (" ".join(line[2:].strip() for line in lines if line[0] == mark) for mark in "-+")
    return gone, came


# --- The way ----------------------------------------------------------------------------------------------------------


def test_one_person_publishes_where_one_is_enough(alone: Desk) -> None:
    """The file of the staff folder holds the words, and every other line of the repository's."""
    draft = alone.begin("topic/indicators")
    before = alone.filled(draft)[PLAIN]
    assert alone.save(draft, do="go_on", **{PLAIN: WORDS}).headers["location"] == f"{draft}/difference"
    assert alone.step(draft, "publish").status_code == 303
    gone, came = changed_lines(alone, TOPIC)
    assert came == WORDS and gone == before
    assert state(alone, draft) == "published" and "/releases" in alone.client.get(f"{draft}/difference").text


def test_two_people_publish_where_two_must_agree(ana: Desk, ben: Desk) -> None:
    """Sent, approved by the other, published; each step in the log with what was before and after, the file for git."""
    draft = ana.begin("topic/indicators")
    ana.save(draft, **{PLAIN: WORDS})
    assert ana.step(draft, "publish").status_code == 403
    assert ana.step(draft, "send").status_code == 303
    assert ben.step(draft, "approve").status_code == 303
    assert not (ana.staff / TOPIC).exists()
    assert ben.step(draft, "publish").status_code == 303
    assert WORDS in " ".join(ana.written(TOPIC).split())
    rows = log(ana.client.app)  # type: ignore[arg-type]
    assert [row.action for row in rows] == ["draft.begun", "draft.saved", "draft.sent", "draft.approved",
                                            "content.published"]
    assert [row.person_id for row in rows] == [ana.person.id] * 3 + [ben.person.id] * 2
    assert json.loads(rows[-1].after)["values"] == {PLAIN: WORDS}
    assert list(json.loads(rows[-1].before)) == [PLAIN]
    with ana.client.app.state.database.connect() as connection:  # type: ignore[attr-defined]
        waiting = connection.execute(sa.select(unrecorded)).one()
    assert (waiting.person, json.loads(waiting.files)) == (ben.person.name, [TOPIC])


def test_a_fault_is_told_and_nothing_typed_is_lost(ana: Desk) -> None:
    """The form comes back with the words, the fault at its field, tied to it; the draft keeps them, too."""
    draft = ana.begin("topic/indicators")
    response = ana.save(draft, do="go_on", **{PLAIN: "", "title.en": "Signs & more"})
    assert response.status_code == 422
    assert 'id="answer-en-parent-plain-error"' in response.text
    assert 'aria-describedby="answer-en-parent-plain-hint answer-en-parent-plain-error"' in response.text
    assert form_of(response.text)["title.en"] == "Signs & more"
    assert form_of(ana.client.get(draft).text)["title.en"] == "Signs & more"
    assert ana.step(draft, "send").status_code == 422 and state(ana, draft) == "open"


def test_the_preview_works_without_a_script(ana: Desk) -> None:
    """A button of the form; nothing is kept."""
    draft = ana.begin("topic/indicators")
    response = ana.save(draft, do="preview", **{"answer.en.parent.sms": "Short words."})
    assert response.status_code == 200 and "Short words. (NMAIMH Issues Brief 1" in response.text
    assert form_of(response.text)["answer.en.parent.sms"] == "Short words."
    assert form_of(ana.client.get(draft).text)["answer.en.parent.sms"] != "Short words."


def test_the_preview_of_a_script_is_the_region_alone(ana: Desk) -> None:
    """With the segments, septets and alphabet that the channel counts."""
    draft = ana.begin("topic/indicators")
    response = ana.client.post(f"{draft}/preview", data=ana.filled(draft, **{"answer.en.parent.sms": "Short words."}))
    assert response.status_code == 200 and "<html" not in response.text
    assert "septets" in response.text and "GSM-7" in response.text and 'hx-swap-oob="innerHTML"' in response.text


def test_a_change_of_other_words_is_sent_anew(ana: Desk, ben: Desk) -> None:
    """An approval is of what was seen, not of what the author writes afterwards."""
    draft = ana.begin("topic/indicators")
    ana.save(draft, **{PLAIN: WORDS})
    ana.step(draft, "send")
    ben.step(draft, "approve")
    ana.save(draft, **{PLAIN: f"{WORDS} And so on."})
    assert state(ana, draft) == "open" and ben.step(draft, "publish").status_code == 403


def test_what_was_not_seen_is_not_approved(ana: Desk, ben: Desk) -> None:
    """The author changes the words between the other's look and the other's click."""
    draft = ana.begin("topic/indicators")
    ana.save(draft, **{PLAIN: WORDS})
    ana.step(draft, "send")
    seen = form_version(ben, draft)
    ana.save(draft, **{PLAIN: f"{WORDS} And so on."})
    ana.step(draft, "send")
    response = ben.client.post(f"{draft}/approve", data={"version": seen})
    assert response.status_code == 409 and state(ana, draft) == "waiting"


def form_version(desk: Desk, draft: str) -> str:
    """The version that a page of the draft carries."""
    found = re.search(r'name="version" value="(\d+)"', desk.client.get(f"{draft}/difference").text)
    assert found
    return found.group(1)


def test_a_withdrawn_draft_stays_readable(ana: Desk) -> None:
    """And ends there."""
    draft = ana.begin("topic/indicators")
    ana.save(draft, **{PLAIN: WORDS})
    assert ana.step(draft, "withdraw").status_code == 303
    assert state(ana, draft) == "withdrawn" and "more to see." in ana.client.get(f"{draft}/difference").text
    assert ana.client.get(draft).headers["location"] == f"{draft}/difference"
    assert ana.step(draft, "send").status_code == 403 and ana.step(draft, "withdraw").status_code == 409


def test_a_crisis_line_is_added(alone: Desk) -> None:
    """From an id to the file; nobody is given it until a danger shows it."""
    response = alone.client.post("/answers/lines", data={"id": "county_line"})
    draft = response.headers["location"]
    name = "lines.county_line"
    response = alone.save(draft, do="go_on", **{
        f"{name}.name.en": "County line", f"{name}.phone": "+15053317138", f"{name}.display": "1-505-331-7138",
        f"{name}.when.en": "You live in the county.", f"{name}.languages": ["en"], f"{name}.hours": "24/7",
        f"{name}.source": "https://example.org/line", f"{name}.checked": publishing.datetime.date.today().isoformat()})
    assert response.status_code == 303, response.text
    assert alone.step(draft, "publish").status_code == 303
    gone, came = changed_lines(alone, "bot/content/crisis.yml")
    assert gone == "" and came.startswith("county_line: name: en: County line phone:") and "sms: null" in came
    assert "Nowhere" in alone.client.get("/answers/line/county_line").text
    # And may go again.
    draft = alone.begin("line/county_line", deed="remove")
    assert alone.step(draft, "publish").status_code == 303
    assert "county_line" not in alone.written("bot/content/crisis.yml")


def test_a_contact_goes_and_comes_back(ana: Desk, ben: Desk) -> None:
    """Both by two people, each as a draft with its difference; in the log is the whole entry."""
    contacts = "bot/content/contacts.yml"
    draft = ana.begin("contact/contact_clarke", deed="remove")
    page = ana.client.get(f"{draft}/difference").text
    assert "Removal" in page and "(505) 986-0831" in page and ana.client.get(draft).status_code == 303
    assert ana.step(draft, "publish").status_code == 403 and ana.step(draft, "send").status_code == 303
    assert ana.step(draft, "approve").status_code == 403 and ben.step(draft, "approve").status_code == 303
    assert ben.step(draft, "publish").status_code == 303
    gone, came = changed_lines(ana, contacts)
    assert gone.startswith("- id: contact_clarke") and came == ""
    assert ana.client.get("/answers/contact/contact_clarke").status_code == 404
    removed = log(ana.client.app)[-1]  # type: ignore[arg-type]
    assert json.loads(removed.before)["phone"] == "+15059860831" and "values" not in json.loads(removed.after)

    draft = ana.client.post("/answers/contacts", data={"id": "jane_clarke"}).headers["location"]
    own = "contacts.jane_clarke"
    fit = {f"{own}.brief": "issues-brief-1", f"{own}.passage": "contact_clarke", f"{own}.name": "Jane Clarke",
           f"{own}.credentials": "Ph.D.", f"{own}.phone": "+15059860831", f"{own}.display": "(505) 986-0831"}
    response = ana.save(draft, do="go_on", **{**fit, f"{own}.display": "(505) 986-0832"})
    assert response.status_code == 422 and "not printed in the passage" in html.unescape(response.text)
    assert ana.save(draft, do="go_on", **fit).status_code == 303
    ana.step(draft, "send")
    ben.step(draft, "approve")
    assert ben.step(draft, "publish").status_code == 303
    assert "  - id: jane_clarke\n    brief: issues-brief-1\n    passage: contact_clarke\n" in ana.written(contacts)
    assert "(505) 986-0831" in ana.client.get("/answers/contact/jane_clarke").text


def test_the_contact_of_every_answer_cannot_be_taken_away(alone: Desk) -> None:
    """It is said why, and nothing is written."""
    draft = alone.begin("contact/contact_office", deed="remove")
    response = alone.step(draft, "publish")
    assert response.status_code == 422 and "Every answer shows this contact" in response.text
    assert not (alone.staff / "bot").exists()


def test_a_draft_of_a_contact_that_went_is_told(alone: Desk) -> None:
    """Somebody else took it away meanwhile: nothing half comes back, and the page stays readable."""
    other = Desk(browser(alone.client.app, Role.EDITOR), alone.staff)  # type: ignore[arg-type]
    mine = alone.begin("contact/contact_clarke")
    alone.save(mine, **{"contacts.contact_clarke.credentials": ""})
    theirs = other.begin("contact/contact_clarke", deed="remove")
    assert other.step(theirs, "publish").status_code == 303
    assert alone.client.get(f"{mine}/difference").status_code == 200
    assert alone.step(mine, "publish").status_code in (409, 422)
    assert "contact_clarke" not in alone.written("bot/content/contacts.yml").replace("passage: contact_clarke", "")


def test_without_a_printed_number_there_is_no_new_contact(alone: Desk) -> None:
    """All that the brief prints are contacts already; that is said instead of an empty form."""
    response = alone.client.post("/answers/contacts", data={"id": "contact_lopez"})
    assert response.status_code == 422 and "ask NMAIMH for a new brief" in response.text


@pytest.mark.parametrize("key", ["topic/indicators", "contacts/shared", "danger/abuse", "dangers/shared", "phrase/thanks"])
def test_only_contacts_and_lines_can_be_taken_away(alone: Desk, key: str) -> None:
    """A forged removal of anything else is refused."""
    assert alone.client.post(f"/answers/{key}", data={"deed": "remove"}).status_code == 400
    assert alone.client.post(f"/answers/{key}", data={"deed": "add"}).status_code == 400


@pytest.mark.parametrize("name", ["default", "checked", "contacts", "contact_office", "Jane"])
def test_an_id_that_no_contact_can_have_is_told(alone: Desk, name: str) -> None:
    """That of another one, or of what stands beside the contacts."""
    response = alone.client.post("/answers/contacts", data={"id": name})
    assert response.status_code == 422 and 'id="id-error"' in response.text


@pytest.mark.parametrize("name", ["", "Emergency", "a b", "../x", "emergency", "x" * 41])
def test_an_id_that_cannot_be_is_told(alone: Desk, name: str) -> None:
    """At its field, with what was typed."""
    response = alone.client.post("/answers/lines", data={"id": name})
    assert response.status_code == 422 and 'id="id-error"' in response.text


def test_a_line_that_is_used_cannot_be_taken_away(alone: Desk) -> None:
    """It is said which dangers show it."""
    draft = alone.begin("line/poison_help", deed="remove")
    response = alone.step(draft, "publish")
    assert response.status_code == 422 and "shown for poison" in response.text and not (alone.staff / "bot").exists()


def test_every_place_of_a_line_is_shown(alone: Desk) -> None:
    """Dangers, texts and phrases."""
    page = alone.client.get("/answers/line/lifeline_988").text
    for place in ("/answers/danger/self_harm", "/answers/phrase/page.not_a_person", "/answers/line/maternal_hotline"):
        assert f'href="{place}"' in page, place


def test_words_are_found_wherever_they_stand(alone: Desk) -> None:
    """In topics, lines and phrases alike."""
    page = alone.client.get("/answers", params={"q": "Línea"}).text
    assert "/answers/line/lifeline_988" in page and "/answers/topic/contact" not in page


# --- Two people at one thing ------------------------------------------------------------------------------------------


def test_the_second_is_told_of_the_first(ana: Desk, ben: Desk) -> None:
    """At opening and at saving, with the way to the other's draft."""
    first = ana.begin("topic/indicators")
    ana.save(first, **{PLAIN: WORDS})
    name = ana.person.shown
    assert f"{name} has an open draft of this" in ben.client.get("/answers/topic/indicators").text
    second = ben.begin("topic/indicators")
    assert f"{name} has an open draft of this" in ben.client.get(second).text
    ben.save(second, **{"title.en": "Signs"})
    assert f"Saved. {name} has a draft of this, too." in ben.client.get(second).text


def test_going_on_finds_ones_own_draft(ana: Desk) -> None:
    """Not a second one."""
    assert ana.begin("topic/indicators") == ana.begin("topic/indicators")


@pytest.mark.parametrize("choice", ["yours", "theirs"])
def test_the_same_words_changed_twice_are_chosen_between(alone: Desk, choice: str) -> None:
    """Base, theirs and yours side by side; whatever is given up stays on the record."""
    other = Desk(browser(alone.client.app, Role.EDITOR), alone.staff)  # type: ignore[arg-type]
    mine, theirs = alone.begin("topic/indicators"), other.begin("topic/indicators")
    base = alone.filled(mine)["title.en"]
    alone.save(mine, **{"title.en": "My title", PLAIN: WORDS})
    other.save(theirs, **{"title.en": "Their title"})
    assert other.step(theirs, "publish").status_code == 303
    refused = alone.step(mine, "publish")
    assert refused.status_code == 409 and state(alone, mine) == "open"
    assert all(title in html.unescape(refused.text) for title in (base, "Their title", "My title"))
    assert alone.step(mine, "take-up").status_code == 422  # nothing chosen, nothing lost
    assert alone.step(mine, "take-up", **{"choice.title.en": choice}).status_code == 303
    assert alone.step(mine, "publish").status_code == 303
    written = alone.written(TOPIC)
    assert f"  en: {'My' if choice == 'yours' else 'Their'} title\n" in written and WORDS in " ".join(written.split())
    taken_up = next(row for row in log(alone.client.app) if row.action == "draft.taken_up")  # type: ignore[arg-type]
    assert json.loads(taken_up.before)["title.en"] == "My title"


def test_other_words_of_the_file_stay(alone: Desk) -> None:
    """Two drafts of one file that touch different words do not get in each other's way."""
    other = Desk(browser(alone.client.app, Role.EDITOR), alone.staff)  # type: ignore[arg-type]
    mine, theirs = alone.begin("phrase/goodbye"), other.begin("phrase/thanks")
    alone.save(mine, **{"goodbye.en": "So long."})
    other.save(theirs, **{"thanks.en": "Any time."})
    assert other.step(theirs, "publish").status_code == alone.step(mine, "publish").status_code == 303
    gone, came = changed_lines(alone, "bot/content/phrases.yml")
    assert came == "en: Any time. en: So long."


def test_two_tabs_of_one_person_lose_nothing(ana: Desk) -> None:
    """The older form is refused, and comes back with what was typed."""
    draft = ana.begin("topic/indicators")
    older = ana.filled(draft, **{"title.en": "Typed in the older tab"})
    ana.save(draft, **{PLAIN: WORDS})
    response = ana.client.post(draft, data={**older, "do": "save"})
    assert response.status_code == 409 and form_of(response.text)["title.en"] == "Typed in the older tab"
    assert ana.filled(draft)[PLAIN] == WORDS


# --- Attacks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["passages", "passages.0", "cites", "brief", "topic", "quote.text", "f_indicators",
                                   "answer.en.parent", "answer.fr.parent.plain", "../brief.md",
                                   "lines.emergency.phone"])
def test_a_forged_field_is_refused(ana: Desk, field: str) -> None:
    """No form reaches a quotation, its passages, or another file; nothing else of that form is saved either."""
    draft = ana.begin("topic/indicators")
    response = ana.save(draft, **{field: "f_brain", "title.en": "Other"})
    assert response.status_code == 400 and field.split(".")[0] in response.text
    assert ana.filled(draft)["title.en"] != "Other"
    assert ana.client.post(f"{draft}/preview", data=ana.filled(draft, **{field: "x"})).status_code == 400


@pytest.mark.parametrize("key", ["brief/issues-brief-1", "topic/..%2F..%2Fbriefs%2Fissues-brief-1%2Fbrief",
                                 "topic/%2e%2e%2fcrisis", "topic/nothing", "phrase/__class__", "lines/emergency",
                                 "topic/indicators.yml", "drafts/nothing"])
def test_an_address_names_only_what_there_is(alone: Desk, key: str) -> None:
    """No way leads to the brief or out of the content."""
    assert alone.client.get(f"/answers/{key}").status_code == 404
    assert alone.client.post(f"/answers/{key}").status_code in (404, 405)


def test_nobody_acts_on_somebody_elses_draft(ana: Desk, ben: Desk) -> None:
    """Whatever its number: it can be read and, once it was sent, approved."""
    draft = ana.begin("topic/indicators")
    ana.save(draft, **{PLAIN: WORDS})
    form = ana.filled(draft, **{"title.en": "Forged"})
    assert ben.client.get(draft).headers["location"] == f"{draft}/difference"
    assert ben.client.post(draft, data={**form, "do": "save"}).status_code == 403
    assert ben.client.post(f"{draft}/preview", data=form).status_code == 403
    for step in ("send", "withdraw", "take-up", "publish"):
        assert ben.step(draft, step).status_code == 403, step
    assert state(ana, draft) == "open" and ana.filled(draft)["title.en"] != "Forged"
    assert ben.step(draft, "approve").status_code == 409  # not sent yet


def test_nobody_approves_their_own(ana: Desk) -> None:
    """Not as an administrator either."""
    ana.client.app.state.database.execute(sa.text("UPDATE console_people SET role = 3"))  # type: ignore[attr-defined]
    draft = ana.begin("topic/indicators")
    ana.save(draft, **{PLAIN: WORDS})
    ana.step(draft, "send")
    assert ana.step(draft, "approve").status_code == 403
    assert ana.step(draft, "publish").status_code == 403 and state(ana, draft) == "waiting"


def test_an_administrator_ends_an_abandoned_draft(ana: Desk) -> None:
    """And may still not write in it."""
    admin = Desk(browser(ana.client.app, Role.ADMINISTRATOR), ana.staff)  # type: ignore[arg-type]
    draft = ana.begin("topic/indicators")
    ana.save(draft, **{PLAIN: WORDS})
    assert admin.client.post(draft, data={**ana.filled(draft), "do": "save"}).status_code == 403
    assert admin.step(draft, "withdraw").status_code == 303 and state(ana, draft) == "withdrawn"


def test_a_reviewer_edits_nothing(ana: Desk) -> None:
    """Neither pages nor steps."""
    reviewer = Desk(browser(ana.client.app, Role.REVIEWER), ana.staff)  # type: ignore[arg-type]
    draft = ana.begin("topic/indicators")
    assert reviewer.client.get("/answers").status_code == reviewer.client.get(draft).status_code == 403
    for step in ("send", "approve", "publish", "withdraw", "take-up", "preview"):
        assert reviewer.step(draft, step).status_code == 403, step


def test_a_form_without_its_token_changes_nothing(ana: Desk) -> None:
    """A page of another site cannot know it."""
    draft = ana.begin("topic/indicators")
    token = ana.client.headers.pop("X-CSRF-Token")
    forged = {**ana.filled(draft), "csrf": ""}
    assert ana.client.post(draft, data={**forged, "do": "save"}).status_code == 403
    assert ana.client.post(f"{draft}/withdraw", data={"version": "1"}).status_code == 403
    ana.client.headers["X-CSRF-Token"] = token
    assert state(ana, draft) == "open"


SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><b>"


@pytest.mark.parametrize("key", ["topic/indicators", "contact/contact_clarke", "line/poison_help", "danger/abuse",
                                 "phrase/goodbye"])
def test_markup_in_any_field_is_shown_as_text(alone: Desk, key: str) -> None:
    """In the form, the preview, the difference, the list and the errors."""
    draft = alone.begin(key)
    values = {name: SCRIPT if isinstance(value, str) and name not in ("csrf", "version") else value
              for name, value in alone.filled(draft).items()}
    pages = [alone.client.post(draft, data={**values, "do": "save"}).text,
             alone.client.post(f"{draft}/preview", data=values).text,
             *(alone.client.get(address).text for address in (draft, f"{draft}/difference", "/answers")),
             alone.client.get("/answers", params={"q": SCRIPT}).text, alone.step(draft, "publish").text]
    for page in pages:
        assert "<script>alert" not in page and "<img" not in page and "<b>" not in page
    assert any("&lt;script&gt;alert" in page for page in pages)


def test_published_markup_is_shown_as_text(alone: Desk) -> None:
    """Words that went through are no markup on any page that shows them, nor is a phrase with samples in it."""
    draft = alone.begin("phrase/origin_brief")
    assert alone.save(draft, **{"origin_brief.en": f"{{topic}} {SCRIPT}"}).status_code == 303
    assert alone.step(draft, "publish").status_code == 303
    for address in ("/answers?kind=phrase", "/answers/phrase/origin_brief", alone.begin("phrase/origin_brief")):
        page = alone.client.get(address).text
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page, address


# --- Files ------------------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_written_leaves_the_draft(alone: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: the draft is as it was, and the person is told."""
    draft = alone.begin("topic/indicators")
    alone.save(draft, **{PLAIN: WORDS})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(staff_files, "change", full)
    assert alone.step(draft, "publish").status_code == 503 and state(alone, draft) == "open"
    monkeypatch.undo()
    assert alone.step(draft, "publish").status_code == 303


@pytest.mark.parametrize(("dies", "ends"), [("before", "open"), ("after", "published")])
def test_a_killed_console_leaves_file_and_draft_agreeing(alone: Desk, monkeypatch: pytest.MonkeyPatch, dies: str,
                                                         ends: str) -> None:
    """Killed before the file was written: as before. Killed after it: published, and on the record."""
    draft = alone.begin("topic/indicators")
    alone.save(draft, **{PLAIN: WORDS})
    write = staff_files.change

    class Killed(BaseException):
        pass

    def killed(*arguments: object) -> None:
        if dies == "after":
            write(*arguments)  # type: ignore[arg-type]
        raise Killed

    monkeypatch.setattr(staff_files, "change", killed)
    with pytest.raises(Killed):
        alone.step(draft, "publish")
    monkeypatch.undo()
    assert state(alone, draft) == "publishing"
    app = alone.client.app
    publishing.repair(app.state.database, app.state.settings)  # type: ignore[attr-defined]
    assert state(alone, draft) == ends and (alone.staff / TOPIC).exists() is (ends == "published")
    actions = [row.action for row in log(app)]  # type: ignore[arg-type]
    assert ("content.published" in actions) is (ends == "published")


def test_a_link_in_the_staff_folder_is_not_written_through(alone: Desk, tmp_path: Path) -> None:
    """Content that cannot be taken is listed on the page, and nothing is written."""
    draft = alone.begin("topic/indicators")
    alone.save(draft, **{PLAIN: WORDS})
    target = tmp_path / "elsewhere.yml"
    (alone.staff / "bot/content/topics").mkdir(parents=True)
    (alone.staff / TOPIC).symlink_to(target)
    assert alone.step(draft, "publish").status_code == 503 and not target.exists()


def test_content_that_does_not_load_is_listed(alone: Desk) -> None:
    """After an edit by hand: the file, the key and the mend."""
    path = alone.staff / TOPIC
    path.parent.mkdir(parents=True)
    text = (PROJECT / TOPIC).read_text(encoding="utf-8")
    path.write_text(text.replace("brief: issues-brief-1", "brief: nothing"), encoding="utf-8")
    response = alone.client.get("/answers")
    assert response.status_code == 503 and TOPIC in response.text and "nothing" in response.text


def test_a_published_draft_stays_readable(alone: Desk) -> None:
    """And a number that no draft has is nothing."""
    draft = alone.begin("topic/indicators")
    with alone.client.app.state.database.begin() as connection:  # type: ignore[attr-defined]
        connection.execute(table.update().values(state="published"))
    assert alone.client.get(f"{draft}/difference").status_code == 200
    assert alone.client.get("/answers/drafts/999").status_code == 404


@pytest.mark.parametrize("version", ["9" * 30, "9" * 5000, "9" * 10])
def test_a_version_that_cannot_be_is_an_old_one(alone: Desk, version: str) -> None:
    """Told as any conflict, and nothing typed is lost."""
    draft = alone.begin("topic/indicators")
    response = alone.save(draft, version=version, **{PLAIN: "Typed just now."})
    assert response.status_code == 409 and "Typed just now." in response.text
    assert alone.client.post(f"{draft}/withdraw", data={"version": version}).status_code == 409
    assert alone.client.post(f"{draft}/withdraw", data={"version": "١"}).status_code == 400
