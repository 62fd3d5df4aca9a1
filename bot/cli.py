"""The verbs behind make."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import typer
from rich.console import Console

from bot.check import check as check_project
from bot.errors import ImhError, SettingsError
from bot.logs import configure_logging, use_format
from bot.overlay import live_project
from bot.personal_commands import erase, export, retain
from bot.settings import Settings, load_settings, pseudonym_key

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(stderr=True, highlight=False)
for verb in (retain, export, erase):
    app.command()(verb)


@app.command()
def check() -> None:
    """Do content, training data, domain, stories and tests agree?"""
    knowledge = check_project(live_project(load_settings()))
    console.print(f"{len(knowledge.topics)} topics, {len(knowledge.briefs)} brief: everything agrees.")


@app.command()
def validate() -> None:
    """Rasa's own validation of data and stories, and its test stories; fails also where nothing was read."""
    settings = load_settings()
    _release(settings)
    from bot import rasa_commands
    from bot.release import model_path

    console.print(f"{rasa_commands.validate()} examples: valid.")
    console.print(f"{rasa_commands.test_stories(model_path(settings))} test stories: as predicted.")


@app.command()
def train(keep_released: bool = typer.Option(
        False, help="Go on with the live release while the project's own files are those that it went live with.")) -> None:
    """Train where there is no model for the present data, and make the release that the server runs."""
    settings = load_settings()
    if not (keep_released and _is_released(settings)):
        _release(settings)


@app.command()
def keep() -> None:
    """Keep the model of the present data in the repository, so that a clean checkout starts without training."""
    check_project()
    from bot.training import keep_model

    with _busy("Training, where it is needed, and keeping the model"):
        keep_model(load_settings())


@app.command()
def serve() -> None:
    """Answer on the web and the text-message channel; train first where the data changed."""
    settings = load_settings()
    use_format(settings.log_format)
    _release_apart()
    console.print(f"Chat in a browser:  http://{settings.host}:{settings.port}/webhooks/web/\n"
                  f"For a program:      POST http://{settings.host}:{settings.port}/webhooks/web/webhook\n"
                  f"For text messages:  POST http://{settings.host}:{settings.port}/webhooks/sms/twilio, "
                  "GET …/webhooks/sms/kannel\n"
                  "Ready when http://…/webhooks/web/health/ready says so. Stop with Ctrl+C.")
    from bot.server import serve as run

    run(settings)


@app.command(name="console")
def staff_console() -> None:
    """The staff console: look through what was asked, teach, correct, train and release."""
    settings = load_settings()
    use_format(settings.log_format)
    from bot.console.serve import address, serve as run

    run(settings, lambda: console.print(f"Staff console:  {address(settings)}/\nStop with Ctrl+C."))


@app.command()
def administrator(name: str, email: str = typer.Option("", help="Where the first administrator can be reached."),
                  reset: bool = typer.Option(False, "--reset", help="For an administrator who forgot the password and "
                                             "whom no other can help: a new link, and all their sessions end.")) -> None:
    """Make the first administrator of the staff console, or let one in again: prints a link that works once, for an hour."""
    settings = load_settings()
    from bot.console.people.first import first_administrator, reset_administrator
    from bot.console.serve import address
    from bot.store.database import open_database

    engine = open_database(settings.database_url)
    token = reset_administrator(engine, name) if reset else first_administrator(engine, name, email)
    console.print("Start the console and open this link within an hour to choose a password:")
    print(f"{address(settings)}/join/{token}")


@app.command(name="try", hidden=True)
def try_out(folder: Path) -> None:
    """Answer from the bundle in a scratch folder until standard input ends; the console starts this."""
    from bot.trial import serve as run

    run(folder)


@app.command()
def chat() -> None:
    """The same bot in the terminal."""
    settings = load_settings()
    _release_apart()
    from bot.terminal import chat as run

    run(settings)


@app.command()
def sms(price: float = typer.Option(0.0083, help="What a segment costs, in dollars.")) -> None:
    """A phone in the terminal: what arrives, in how many segments, at what price."""
    settings = load_settings()
    _release_apart()
    from bot.phone import phone as run

    run(settings, price_usd=price)


@app.command()
def kannel(admin_port: int = 13000, box_port: int = 13001, smsc_port: int = 10000) -> None:
    """Print Kannel's configuration for this server."""
    from bot.kannel_conf import Ports, kannel_conf

    print(kannel_conf(load_settings(), Ports(admin_port, box_port, smsc_port)), end="")


@app.command()
def away() -> None:
    """Print what a proxy answers while the bot is away: an error with the crisis lines (deploy/proxy/away.json)."""
    from bot.away import away_body
    from bot.knowledge import load_knowledge

    print(away_body(load_knowledge(live_project(load_settings()) / "bot" / "content")), end="")


@app.command()
def rekey() -> None:
    """Move all pseudonyms from IMH_PSEUDONYM_KEY to IMH_PSEUDONYM_KEY_NEW. Stop the server first."""
    from bot.store.database import open_database
    from bot.store.keys import rekey as run

    settings = load_settings()
    if not settings.pseudonym_key_new:
        raise SettingsError("IMH_PSEUDONYM_KEY_NEW: is needed; make it with 'openssl rand -hex 32'.")
    moved = run(open_database(settings.database_url), pseudonym_key(settings), settings.pseudonym_key_new)
    console.print(f"{moved} opt-outs and all conversations by text are under the new key. Start the server with "
                  "IMH_PSEUDONYM_KEY set to it.")


@app.command()
def migrate() -> None:
    """Bring the database's tables up to date; servers and console do it as well when they start."""
    from sqlalchemy.engine import make_url

    from bot.store.database import open_engine
    from bot.store.migrate import REVISION, migrate as run

    before = run(open_engine(make_url(load_settings().database_url)))
    console.print(f"Revision {REVISION}: nothing to do." if before == REVISION
                  else f"Revision {REVISION}, from {before or 'none'}.")


@app.command()
def recount() -> None:
    """Count the console's figures anew from the messages; what is kept of messages that are gone stays."""
    from bot.console.see.counting import rebuild
    from bot.store.database import open_database

    with _busy("Counting"):
        days = rebuild(open_database(load_settings().database_url))
    console.print(f"{days} days counted.")


@app.command()
def widget() -> None:
    """Write the widget's files into the var folder, for a site that hosts them itself."""
    settings = load_settings()
    from bot.channels.assets import export

    for path in export(settings.var_dir / "widget"):
        console.print(f"{path.stat().st_size:>7}  {path}", markup=False)


def _release(settings: Settings) -> None:
    check_project(live_project(settings))
    from bot.release import kept_model, model_path
    from bot.training import ensure_release

    project = live_project(settings)
    if model_path(settings, project).is_file() or kept_model(project).is_file():
        ensure_release(settings)
        return
    with _busy("Training (about half a minute)"):
        ensure_release(settings)


def _is_released(settings: Settings) -> bool:
    """Whether what is live stays live; says why, where a change of the project replaces it."""
    from bot.training import released

    bundle, changed = released(settings)
    if changed:
        more = f" and {len(changed) - 1} more" if changed[1:] else ""
        console.print(f"The project has changed since the live release ({changed[0]}{more}): a new one is made of it.")
    return bundle is not None


def _release_apart() -> None:
    """Check and train in a process of its own: what that leaves in memory (200 MB) would stay with the server."""
    done = subprocess.run([sys.executable, "-m", "bot", "train", "--keep-released"])
    if done.returncode:
        sys.exit(done.returncode)


@contextmanager
def _busy(what: str) -> Iterator[None]:
    with console.status(f"{what} …"):
        yield
    console.print(f"{what}: done.")


def main() -> None:
    """Run a verb; an error of ours is one message and exit code 1, not a traceback."""
    # Rasa's dependencies announce their retirement at every start, and nobody here can act on it. A filter would not
    # last: some of them put their own in front.
    warnings.showwarning = lambda *_, **__: None
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    configure_logging()
    try:
        app()
    except ImhError as error:
        console.print(str(error), style="bold red", markup=False)
        sys.exit(1)
