"""Editing an answer in a real browser: typed, previewed, mended, sent, approved by another person, in the file."""

from __future__ import annotations

import re
from typing import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.console.people import accounts, sessions
from bot.console.people.accounts import Role
from bot.console.teach import proposals
from bot.store.database import open_database
from tests.support.browser import violations
from tests.support.console_pages import assert_readable, watch, window
from tests.support.console_process import Console
from tests.unit.bot.console.teach.conftest import add_message
from tests.unit.bot.console.teach.test_making import ASKED, GOOD

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

TOPIC = "bot/content/topics/daily_interactions.yml"
PLAIN = "Web, for parents, English"
SMS = "Text message, for parents, English"
FIT = ("Play, talk, feed and cuddle each day. These small things help your baby grow and feel safe with you. They help "
       "your baby learn to trust. You and others who care for your baby do this day by day.")
MARKUP = "<img src=x onerror=\"window.hit = 1\"><script>window.hit = 1</script>"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Two people must agree; staff write into a folder of their own."""
    folder = tmp_path_factory.mktemp("console")
    (folder / "var").mkdir()
    with Console(folder / "var", IMH_STAFF_DIR=str(folder / "staff"), IMH_APPROVALS="2") as running:
        yield running


Entering = Callable[..., Page]


@pytest.fixture
def enter(console: Console, browser: Browser) -> Iterator[Entering]:
    """A tab of a new editor, by name; an error in a script, or what the policy kept from happening, fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def entered(name: str, *, scripts: bool = True) -> Page:
        engine = open_database(f"sqlite:///{console.var_dir / 'conversations.db'}")
        with engine.begin() as connection:
            person = accounts.add(connection, None, name=name.lower(), shown=name, email=f"{name}@example.org",
                                  role=Role.EDITOR)
            token = sessions.begin(connection, person)
        engine.dispose()
        context = window(browser, console.address, token, java_script_enabled=scripts)
        contexts.append(context)
        page = context.new_page()
        watch(page, errors)
        return page

    yield entered
    for context in contexts:
        context.close()
    assert errors == []


def parents(page: Page) -> object:
    """What parents who read English get, in the preview."""
    return page.get_by_role("region", name="Preview", exact=True).get_by_role("article", name="Parents, English")


def test_an_answer_is_edited_approved_and_written(console: Console, enter: Entering) -> None:
    """The whole way, with a mistake on it, by two people."""
    ana, ben = enter("Ana"), enter("Ben")
    ana.goto("/answers")
    ana.get_by_role("link", name="Everyday", exact=False).first.click()
    ana.get_by_role("button", name="Edit").click()
    preview = parents(ana)
    expect(preview).to_contain_text("3 segments")
    before = preview.inner_text()

    ana.get_by_label(SMS, exact=True).fill("Play, talk, feed and cuddle each day.")
    expect(preview).to_contain_text("2 segments ·")
    assert "septets · GSM-7" in preview.inner_text() and preview.inner_text() != before
    expect(ana.get_by_role("status").filter(has_text="segments")).to_be_visible()

    ana.get_by_label(PLAIN, exact=True).fill("Play. " * 61)
    expect(preview).to_contain_text("61 of 60 words")
    ana.get_by_role("button", name="Save, and on to approval").click()
    expect(ana.get_by_role("alert").filter(has_text="To be mended")).to_contain_text("61 words")
    expect(ana.get_by_label(PLAIN, exact=True)).to_have_value(("Play. " * 61).strip())
    expect(ana.get_by_label(PLAIN, exact=True)).to_have_attribute("aria-invalid", "true")
    assert_readable(ana)

    ana.get_by_role("alert").get_by_role("link", name=PLAIN).first.press("Enter")
    ana.get_by_label(PLAIN, exact=True).fill(FIT)
    ana.get_by_role("button", name="Save, and on to approval").press("Enter")
    expect(ana.get_by_role("heading", name="Difference")).to_be_visible()
    expect(ana.locator("ins").first).to_contain_text("added:")
    assert_readable(ana)
    assert ana.get_by_role("button", name="Publish").count() == ana.get_by_role("button", name="Approve").count() == 0
    ana.get_by_role("button", name="Send for approval").press("Enter")
    expect(ana.locator("#said")).to_contain_text("Sent for approval")

    ben.goto("/answers")
    ben.get_by_role("region", name="Open drafts").get_by_role("link").first.press("Enter")
    ben.get_by_role("button", name="Approve").press("Enter")
    ben.get_by_role("button", name="Publish").press("Enter")
    expect(ben.locator("#said")).to_contain_text("goes live with the next release")
    expect(ben.get_by_role("link", name="go to the releases")).to_have_attribute("href", "/releases")
    assert_readable(ben)
    assert FIT in " ".join((console.var_dir.parent / "staff" / TOPIC).read_text(encoding="utf-8").split())


@pytest.mark.parametrize("path", ["/answers", "/answers?kind=phrase", "/answers?kind=line", "/answers?kind=contact",
                                  "/answers?q=988",
                                  "/answers?q=nothing+at+all", "/answers/topic/indicators",
                                  "/answers/line/lifeline_988", "/answers/contact/contact_clarke"])
def test_a_page_is_accessible(enter: Entering, path: str) -> None:
    """In both colour schemes, narrow and wide."""
    page = enter(f"Reader of {path}")
    page.goto(path)
    assert_readable(page)


@pytest.mark.parametrize("key", ["line/poison_help", "danger/abuse", "contacts/shared", "phrase/origin_brief"])
def test_a_form_is_accessible_and_keeps_markup_as_text(enter: Entering, key: str) -> None:
    """Each kind of form; words that look like markup neither run nor are drawn, wherever they are shown."""
    page = enter(f"Writer of {key}")
    page.goto(f"/answers/{key}")
    page.get_by_role("button", name="Edit").click()
    assert_readable(page)
    for area in page.locator("#draft textarea, #draft input[type=text]").all():
        area.fill(MARKUP)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#draft").get_by_role("textbox").first).not_to_have_value("")
    assert violations(page) == []
    page.goto(f"{page.url}/difference")
    expect(page.locator("ins").first).to_contain_text("<script>window.hit")
    assert page.evaluate("window.hit") is None and page.locator("main img, main script").count() == 0


def test_a_contact_goes_and_comes_back_by_keyboard(console: Console, enter: Entering) -> None:
    """Taken away by two people, then added again out of the passage that prints it; every page is clean for axe."""
    ana, ben = enter("Eva"), enter("Fay")

    def agree(words: str) -> None:
        ana.get_by_role("button", name="Send for approval").press("Enter")
        expect(ana.locator("#said")).to_contain_text("Sent for approval")
        ben.goto(ana.url)
        assert_readable(ben)
        expect(ben.locator("main")).to_contain_text(words)
        ben.get_by_role("button", name="Approve").press("Enter")
        ben.get_by_role("button", name="Publish").press("Enter")
        expect(ben.locator("#said")).to_contain_text("goes live with the next release")

    ana.goto("/answers/contact/contact_moriarta")
    ana.get_by_role("button", name="Take this contact away").press("Enter")
    expect(ana.locator("del").first).to_contain_text("removed:")
    agree("Removal")

    ana.goto("/answers?kind=contact")
    assert ana.get_by_role("link", name="Marcia Moriarta").count() == 0
    ana.get_by_label("Id of the contact").fill("Not an id")
    ana.get_by_role("button", name="Begin a draft").press("Enter")
    expect(ana.get_by_label("Id of the contact")).to_have_attribute("aria-invalid", "true")
    assert_readable(ana)
    ana.get_by_label("Id of the contact").fill("moriarta")
    ana.get_by_role("button", name="Begin a draft").press("Enter")
    for label, value in (("Name", "Marcia Moriarta"), ("Credentials", "Psy.D."), ("Number to dial", "+15052725679"),
                         ("Number as it is shown", "(505) 272-5670")):
        ana.get_by_label(label, exact=True).fill(value)
    ana.get_by_role("button", name="Save, and on to approval").press("Enter")
    expect(ana.get_by_role("alert").filter(has_text="To be mended")).to_contain_text("not printed in the passage")
    assert_readable(ana)
    ana.get_by_label("Number as it is shown", exact=True).fill("(505) 272-5679")
    ana.get_by_role("button", name="Save, and on to approval").press("Enter")
    agree("New entry")
    written = (console.var_dir.parent / "staff/bot/content/contacts.yml").read_text(encoding="utf-8")
    assert "  - id: moriarta\n    brief: issues-brief-1\n    passage: contact_moriarta\n" in written


@pytest.mark.parametrize(("key", "why"), [("contact/contact_office", "Every answer shows this contact"),
                                          ("line/poison_help", "The line is shown for poison")])
def test_what_is_needed_cannot_be_taken_away(enter: Entering, key: str, why: str) -> None:
    """The reason is announced, and the page is clean."""
    page = enter(f"Remover of {key.split('/')[1]}")
    page.goto(f"/answers/{key}")
    page.get_by_role("button", name="away", exact=False).press("Enter")
    page.get_by_role("button", name="Send for approval").press("Enter")
    expect(page.get_by_role("alert").filter(has_text="To be mended first")).to_contain_text(why)
    assert_readable(page)


def test_without_javascript_everything_works(enter: Entering) -> None:
    """The button shows the preview; saving comes back to the form."""
    page = enter("Still", scripts=False)
    page.goto("/answers/topic/contact")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label(SMS, exact=True).fill("Call NMAIMH.")
    page.get_by_role("button", name="Preview").click()
    expect(parents(page)).to_contain_text("Call NMAIMH. (NMAIMH Issues Brief 1)")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#said")).to_contain_text("Saved.")
    expect(page.get_by_label(SMS, exact=True)).to_have_value("Call NMAIMH.")


@pytest.mark.parametrize("goes_on", ["typing", "saving"])
def test_a_session_that_ends_loses_no_word(console: Console, enter: Entering, goes_on: str) -> None:
    """The page stays; after signing in in another tab it goes on, by the next letter or by what was saved unseen."""
    page = enter(f"Ines{goes_on}")
    page.goto("/answers/topic/contact")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label(PLAIN).wait_for()
    page.wait_for_load_state()  # what is filled in before the page's script runs, nobody previews

    def typed(text: str) -> None:
        """At one stroke, and seen by the server: a slow machine makes several previews of what is typed by letters."""
        with page.expect_response("**/preview"):
            page.get_by_label(PLAIN).fill(text)

    typed(FIT)
    engine = open_database(f"sqlite:///{console.var_dir / 'conversations.db'}")
    with engine.begin() as connection:
        person = next(one.person for one in accounts.every(connection) if one.person.shown == f"Ines{goes_on}")
        sessions.end_all(connection, person)
    typed(f"{FIT} And so")
    expect(page.locator("#said")).to_contain_text("Sign in in another tab")
    assert page.get_by_label(PLAIN).input_value() == f"{FIT} And so"
    with engine.begin() as connection:
        token = sessions.begin(connection, person)
    engine.dispose()
    page.context.add_cookies([{"name": "imh_session", "value": token, "url": console.address}])
    if goes_on == "typing":
        typed(f"{FIT} And so on.")
        expect(page.locator("#said")).to_contain_text("it works now")
        typed(f"{FIT} And so on. And on.")
    page.get_by_role("button", name="Save", exact=True).click()
    if goes_on == "saving":
        expect(page.get_by_role("heading", name="Not stored yet")).to_be_visible()
        page.get_by_role("button", name="Send it once more").click()
    expect(page.get_by_label(PLAIN)).to_have_value(re.compile("And so"))
    expect(page.get_by_text("Saved").first).to_be_visible()


def test_the_second_person_is_told(enter: Entering) -> None:
    """Before a word is typed."""
    first, second = enter("Carla"), enter("Dora")
    for page in (first, second):
        page.goto("/answers/topic/references")
        page.get_by_role("button", name="Edit").click()
    expect(second.locator("main")).to_contain_text("Carla has an open draft of this")


def test_a_topic_takes_two_people(console: Console, enter: Entering) -> None:
    """Proposed by one, read by the other, who agrees by keyboard; every page on the way is clean for axe."""
    dina, emil = enter("Dina"), enter("Emil")
    engine = open_database(f"sqlite:///{console.var_dir / 'conversations.db'}")
    for number, text in enumerate(ASKED):
        add_message(engine, number, text)
    with engine.connect() as connection:
        author = next(account.person for account in accounts.every(connection) if account.person.name == "dina")
    number = proposals.propose_topic(engine, author, GOOD)
    engine.dispose()
    dina.goto("/teach/topics")
    assert_readable(dina)
    dina.get_by_role("link", name=GOOD.titles["en"]).press("Enter")
    expect(dina.get_by_text("Somebody else has to agree.")).to_be_visible()
    assert dina.get_by_role("button", name="Agree").count() == 0
    dina.get_by_role("link", name="Change it").press("Enter")
    expect(dina.get_by_label("Title in English")).to_have_value(GOOD.titles["en"])
    assert_readable(dina)
    emil.goto(f"/teach/proposals/{number}")
    assert_readable(emil)
    emil.get_by_role("button", name="Agree, and make the topic").press("Enter")
    expect(emil.get_by_role("status")).to_contain_text("goat_song is made and checked")
    # What Dina had open meanwhile says so, and nothing is proposed a second time.
    dina.get_by_role("button", name="Check and propose").press("Enter")
    expect(dina.get_by_role("alert")).to_contain_text("is taken")
    assert (console.var_dir.parent / "staff" / "bot/content/topics/goat_song.yml").is_file()
