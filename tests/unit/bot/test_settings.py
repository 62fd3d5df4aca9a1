"""Settings: environment -> frozen values."""

from __future__ import annotations

import ast
import re
import secrets
import stat
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import PROJECT, Rate, Settings, load_settings, pseudonym_key, signing_secret

KEY = "0123456789abcdef" * 4
SECRETS = ("IMH_SECRET", "IMH_PSEUDONYM_KEY", "IMH_PSEUDONYM_KEY_NEW", "IMH_CONSOLE_TOKEN", "IMH_TWILIO_AUTH_TOKEN")
WRONG = {
    "IMH_PORT": "seventy",
    "IMH_DB_URL": "mysql://bot:hunter2@db/imh",
    "IMH_WORKERS": "0",
    "IMH_PUBLIC_URL": "chat.example.org",
    "IMH_ALLOWED_ORIGINS": "https://a.example.org, b.example.org/page",
    "IMH_SECRET": "short",
    "IMH_RATE_SENDER": "30",
    "IMH_RATE_ADDRESS": "0/60",
    "IMH_RATE_LOOPBACK": "perhaps",
    "IMH_RATE_SMS": "many",
    "IMH_REDIS_URL": "http://:hunter2@redis",
    "IMH_TWILIO_AUTH_TOKEN": "short",
    "IMH_TWILIO_OPT_OUT": "both",
    "IMH_KANNEL_TOKEN": "short",
    "IMH_KANNEL_ADDRESSES": "localhost",
    "IMH_PSEUDONYM_KEY": "short",
    "IMH_RETENTION_DAYS": "0",
    "IMH_CONSOLE_PORT": "here",
    "IMH_CONSOLE_URL": "console.example.org",
    "IMH_CONSOLE_TOKEN": "short",
    "IMH_EVALUATION_ONE_IN": "0",
    "IMH_APPROVALS": "3",
    "IMH_OIDC_ISSUER": "login.example.org",
    "IMH_LOG_FORMAT": "xml",
    "IMH_METRICS_PORT": "yes",
    "IMH_TRACES_URL": "collector:4318",
    "IMH_TRACES_SHARE": "0",
    "IMH_ALERT_URL": "alerts.example.org/hook",
    "IMH_ALERT_EMAIL": "on duty",
    "IMH_ALERT_FROM": "bot",
    "IMH_ALERT_SMTP": "http://hunter2@mail",
    "IMH_ALERT_CRISES": "5",
    "IMH_ALERT_EVERY": "0",
}


def test_an_empty_environment_serves_this_machine_and_nobody_else() -> None:
    """The defaults listen on the loopback, keep conversations in the var folder, and allow no other site."""
    settings = load_settings({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.allowed_origins) == ("127.0.0.1", 5005, frozenset())
    assert settings.database_url == f"sqlite:///{PROJECT / 'var' / 'conversations.db'}"


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    """`IMH_PORT=` in a file of variables means the default."""
    assert load_settings({"IMH_PORT": "", "IMH_DB_URL": "  "}) == Settings()


@pytest.mark.parametrize(("name", "text", "field", "value"), [
    ("IMH_PORT", "65535", "port", 65535),
    ("IMH_RATE_SENDER", "5/10", "rate_sender", Rate(5, 10)),
    ("IMH_RATE_LOOPBACK", "Yes", "rate_loopback", True),
    ("IMH_PUBLIC_URL", "https://chat.example.org/", "public_url", "https://chat.example.org"),
    ("IMH_ALLOWED_ORIGINS", "https://a.org, http://b.org:81", "allowed_origins",
     frozenset({"https://a.org", "http://b.org:81"})),
    ("IMH_TRUSTED_PROXIES", "10.0.0.1,10.0.0.2", "trusted_proxies", frozenset({"10.0.0.1", "10.0.0.2"})),
    ("IMH_TRUSTED_PROXIES", "10.1.0.0/16,::1", "trusted_proxies", frozenset({"10.1.0.0/16", "::1"})),
    ("IMH_DB_URL", "postgresql+psycopg2://bot@db/imh", "database_url", "postgresql+psycopg2://bot@db/imh"),
    ("IMH_SECRET", KEY, "secret", KEY),
    ("IMH_RATE_SMS", "60/60", "rate_sms", Rate(60, 60)),
    ("IMH_REDIS_URL", "rediss://:pw@redis:6379/2", "redis_url", "rediss://:pw@redis:6379/2"),
    ("IMH_TWILIO_OPT_OUT", "provider", "twilio_opt_out", "provider"),
    ("IMH_KANNEL_TOKEN", "abcdefgh", "kannel_token", "abcdefgh"),
    ("IMH_KANNEL_ADDRESSES", "10.0.0.3", "kannel_addresses", frozenset({"10.0.0.3"})),
    ("IMH_PSEUDONYM_KEY", KEY, "pseudonym_key", KEY),
    ("IMH_RETENTION_DAYS", "30", "retention_days", 30),
    ("IMH_SMS_NUMBER", "+1 (505) 555-0123", "sms_number", "+15055550123"),
    ("IMH_CONSOLE_HOST", "0.0.0.0", "console_host", "0.0.0.0"),
    ("IMH_CONSOLE_PORT", "8080", "console_port", 8080),
    ("IMH_CONSOLE_TOKEN", KEY, "console_token", KEY),
    ("IMH_STAFF_DIR", "/srv/staff", "staff_dir", Path("/srv/staff")),
    ("IMH_EVALUATION_ONE_IN", "10", "evaluation_one_in", 10),
    ("IMH_APPROVALS", "2", "approvals", 2),
    ("IMH_LOG_FORMAT", "json", "log_format", "json"),
    ("IMH_METRICS_HOST", "10.0.0.9", "metrics_host", "10.0.0.9"),
    ("IMH_METRICS_PORT", "9405", "metrics_port", 9405),
    ("IMH_TRACES_URL", "http://127.0.0.1:4318/v1/traces", "traces_url", "http://127.0.0.1:4318/v1/traces"),
    ("IMH_TRACES_SHARE", ".05", "traces_share", 0.05),
    ("IMH_TRACES_SHARE", "1", "traces_share", 1.0),
    ("IMH_ALERT_URL", "https://alerts.example.org/hook?key=a", "alert_url", "https://alerts.example.org/hook?key=a"),
    ("IMH_ALERT_CRISES", "3/60", "alert_crises", Rate(3, 60)),
    ("IMH_ALERT_EVERY", "60", "alert_every_s", 60),
])
def test_a_variable_sets_its_field(name: str, text: str, field: str, value: object) -> None:
    """Text becomes a value of the field's type."""
    assert getattr(load_settings({name: text}), field) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *WRONG.items(),
        ("IMH_PORT", "65536"),
        ("IMH_PORT", "0"),
        ("IMH_PORT", "-1"),
        ("IMH_TRUSTED_PROXIES", "10.1.2.3/16"),
        ("IMH_TRUSTED_PROXIES", "proxy"),
        ("IMH_PUBLIC_URL", "https://a.org/x"),
        ("IMH_PUBLIC_URL", "ftp://a.org"),
        ("IMH_KANNEL_TOKEN", "with a blank & more"),
        ("IMH_RATE_SENDER", "30/0"),
        ("IMH_SECRET", KEY[:31]),
        *((name, "a" * 64) for name in SECRETS),
        ("IMH_SECRET", "hunter2" * 10),
        ("IMH_KANNEL_TOKEN", "a" * 16),
        ("IMH_RETENTION_DAYS", "for ever"),
        ("IMH_SMS_NUMBER", "call us"),
        ("IMH_CONSOLE_URL", "https://console.example.org/staff"),
        ("IMH_APPROVALS", "0"),
        ("IMH_OIDC_ISSUER", "https://login.example.org/?realm=staff"),
        ("IMH_SMS_NUMBER", "+"),
        ("IMH_SMS_NUMBER", "sms:+15055550123"),
        ("IMH_TRACES_SHARE", "10%"),
        ("IMH_TRACES_SHARE", "1.5"),
        ("IMH_TRACES_SHARE", "0.0"),
        ("IMH_TRACES_SHARE", "-1"),
    ],
)
def test_a_wrong_variable_is_named(name: str, text: str) -> None:
    """The server does not start, and the message says which variable to mend."""
    with pytest.raises(SettingsError, match=name):
        load_settings({name: text})


def test_a_proxy_may_be_named_by_its_network() -> None:
    """Nobody beside it is believed, and nothing that is no address."""
    settings = load_settings({"IMH_TRUSTED_PROXIES": "10.1.0.0/16, 192.0.2.7, 2001:db8::/32"})
    assert [settings.trusts(address) for address in ("10.1.255.1", "192.0.2.7", "2001:db8::9")] == [True] * 3
    assert [settings.trusts(address) for address in ("10.2.0.1", "192.0.2.8", "2001:db9::1", "", "unknown")] == [False] * 5
    # Whoever asks the setting itself is told the same.
    assert "10.1.255.1" in settings.trusted_proxies and "10.2.0.1" not in settings.trusted_proxies
    assert sorted(settings.trusted_proxies) == ["10.1.0.0/16", "192.0.2.7", "2001:db8::/32"]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_repeats_is_as_good_as_a_short_one(name: str) -> None:
    """Whoever types 64 times "a" is told the same as whoever types five; what a generator makes is taken."""
    said = []
    for wrong in ("a" * 64, "short"):
        with pytest.raises(SettingsError) as caught:
            load_settings({name: wrong, "IMH_PUBLIC_URL": "https://chat.example.org"})
        said.append(str(caught.value))
    assert said[0] == said[1]
    for size in (16, 32):
        load_settings({name: secrets.token_hex(size), "IMH_PUBLIC_URL": "https://chat.example.org"})


def test_a_secret_can_come_out_of_a_file(tmp_path: Path) -> None:
    """As a container or systemd hands it over; an environment can be read by whoever may look at the process."""
    (tmp_path / "secret").write_text(f"{KEY}\n", encoding="ascii")
    assert load_settings({"IMH_SECRET_FILE": str(tmp_path / "secret")}).secret == KEY


@pytest.mark.parametrize(("more", "why"), [({}, "cannot be read"), ({"IMH_SECRET": KEY}, "take one of them away")])
def test_a_file_that_does_not_say_what_holds_is_refused(tmp_path: Path, more: dict[str, str], why: str) -> None:
    """Starting with a secret made on the spot would look well and sign nothing that others accept."""
    with pytest.raises(SettingsError, match=f"IMH_SECRET: .*{why}"):
        load_settings({"IMH_SECRET_FILE": str(tmp_path / "missing"), **more})


def test_all_wrong_variables_are_named_at_once() -> None:
    """One reading of the message is enough to mend all of them."""
    with pytest.raises(SettingsError) as caught:
        load_settings(WRONG)
    assert [name for name in WRONG if name not in str(caught.value)] == []


def test_several_workers_are_refused_while_no_lock_is_shared() -> None:
    """With a lock in each worker's memory two messages of one sender would be answered at once."""
    with pytest.raises(SettingsError, match="IMH_WORKERS"):
        load_settings({"IMH_WORKERS": "2"})


@pytest.mark.parametrize("shared", [{"IMH_DB_URL": "postgresql://bot@db/imh"}, {"IMH_REDIS_URL": "redis://redis/0"}],
                         ids=["PostgreSQL", "Redis"])
def test_several_workers_may_share_a_lock(shared: dict[str, str]) -> None:
    """In the database of the conversations, or in Redis beside a file."""
    assert load_settings({"IMH_WORKERS": "2", **shared}).workers == 2


@pytest.mark.parametrize(("name", "text", "secret"), [
    ("IMH_SECRET", KEY, KEY),
    ("IMH_DB_URL", "postgresql://bot:hunter2@db/imh", "hunter2"),
    ("IMH_REDIS_URL", "redis://:hunter2@redis/0", "hunter2"),
    ("IMH_KANNEL_TOKEN", "hunter2hunter2", "hunter2"),
    ("IMH_PSEUDONYM_KEY", KEY, KEY),
    ("IMH_CONSOLE_TOKEN", KEY, KEY),
    ("IMH_OIDC_CLIENT_SECRET", "hunter2", "hunter2"),
    ("IMH_TRACES_URL", "https://bot:hunter2@collector/v1/traces", "hunter2"),
    ("IMH_ALERT_URL", "https://alerts.example.org/hook/hunter2", "hunter2"),
    ("IMH_ALERT_SMTP", "smtp://bot:hunter2@mail:25", "hunter2"),
])
def test_a_secret_is_not_in_the_representation(name: str, text: str, secret: str) -> None:
    """A log that prints the settings gives nothing away."""
    assert secret not in repr(load_settings({name: text}))


@pytest.mark.parametrize(("name", "text"), [("IMH_SECRET", "hunter2"), ("IMH_DB_URL", "mysql://bot:hunter2@db/imh"),
                                            ("IMH_REDIS_URL", "http://:hunter2@redis"), ("IMH_KANNEL_TOKEN", "hunter2"),
                                            ("IMH_PSEUDONYM_KEY", "hunter2"), ("IMH_CONSOLE_TOKEN", "hunter2"),
                                            ("IMH_TRACES_URL", "ftp://collector/hunter2"),
                                            ("IMH_ALERT_URL", "ftp://alerts/hunter2"), ("IMH_ALERT_SMTP", "hunter2:25")])
def test_an_error_does_not_quote_a_secret(name: str, text: str) -> None:
    """What is wrong with a secret is told without it."""
    with pytest.raises(SettingsError) as caught:
        load_settings({name: text})
    assert "hunter2" not in str(caught.value)


def test_twilio_needs_the_address_that_it_signs() -> None:
    """Without the public address every signature would look forged."""
    with pytest.raises(SettingsError, match="IMH_PUBLIC_URL"):
        load_settings({"IMH_TWILIO_AUTH_TOKEN": KEY[:32]})
    assert load_settings({"IMH_TWILIO_AUTH_TOKEN": KEY[:32], "IMH_PUBLIC_URL": "https://a.org"}).twilio_auth_token


def test_a_bot_that_fetches_releases_shows_who_it_is() -> None:
    """The console hands them to nobody else."""
    with pytest.raises(SettingsError, match="IMH_CONSOLE_TOKEN"):
        load_settings({"IMH_CONSOLE_URL": "https://console.example.org"})
    settings = load_settings({"IMH_CONSOLE_URL": "https://console.example.org/", "IMH_CONSOLE_TOKEN": KEY})
    assert settings.console_url == "https://console.example.org"


def test_a_provider_of_sign_in_knows_the_console_by_a_name_and_a_secret() -> None:
    """Without both nobody could sign in, and the first to notice would be the staff."""
    issuer = {"IMH_OIDC_ISSUER": "https://login.example.org/realm/"}
    for known in ({}, {"IMH_OIDC_CLIENT_ID": "console"}, {"IMH_OIDC_CLIENT_SECRET": "hunter2"}):
        with pytest.raises(SettingsError, match="IMH_OIDC_CLIENT_ID"):
            load_settings({**issuer, **known})
    settings = load_settings({**issuer, "IMH_OIDC_CLIENT_ID": "console", "IMH_OIDC_CLIENT_SECRET": "hunter2"})
    assert settings.oidc_issuer == "https://login.example.org/realm"


def test_the_figures_are_never_on_a_port_that_others_listen_on() -> None:
    """How many people were in danger is nobody's business outside."""
    for shared in ("5005", "5006"):
        with pytest.raises(SettingsError, match="IMH_METRICS_PORT"):
            load_settings({"IMH_METRICS_PORT": shared})


def test_an_alert_by_mail_needs_a_sender_and_a_server() -> None:
    """An alert that cannot be sent would be noticed only when it was needed."""
    mail = {"IMH_ALERT_EMAIL": "duty@example.org"}
    for given in ({}, {"IMH_ALERT_FROM": "bot@example.org"}, {"IMH_ALERT_SMTP": "smtp://mail"}):
        with pytest.raises(SettingsError, match="IMH_ALERT_SMTP"):
            load_settings({**mail, **given})
    assert load_settings({**mail, "IMH_ALERT_FROM": "bot@example.org", "IMH_ALERT_SMTP": "smtp://mail"}).alert_email


def test_the_two_keys_are_two() -> None:
    """Who can sign a release need not be able to tell whose phone wrote."""
    with pytest.raises(SettingsError, match="IMH_PSEUDONYM_KEY: is the same as IMH_SECRET"):
        load_settings({"IMH_SECRET": KEY, "IMH_PSEUDONYM_KEY": KEY})


def test_the_pseudonym_key_is_made_here_once_where_none_is_set(tmp_path: Path) -> None:
    """Another one than the secret that signs."""
    settings = Settings(var_dir=tmp_path)
    assert pseudonym_key(settings) == pseudonym_key(settings) != signing_secret(settings)
    assert stat.S_IMODE((tmp_path / "pseudonym_key").stat().st_mode) == 0o600
    assert pseudonym_key(Settings(var_dir=tmp_path, pseudonym_key=KEY)) == KEY


def test_the_configured_secret_signs(tmp_path: Path) -> None:
    """With `IMH_SECRET` set, nothing is written."""
    assert signing_secret(Settings(var_dir=tmp_path, secret=KEY)) == KEY
    assert list(tmp_path.iterdir()) == []


def test_a_secret_made_here_is_for_its_owner_alone_and_stays(tmp_path: Path) -> None:
    """Made once, in a var folder that need not exist; 256 random bits, mode 0600."""
    settings = Settings(var_dir=tmp_path / "new" / "var")
    secret = signing_secret(settings)
    assert stat.S_IMODE((settings.var_dir / "secret").stat().st_mode) == 0o600
    assert re.fullmatch("[0-9a-f]{64}", secret)
    assert signing_secret(settings) == secret
    assert signing_secret(Settings(var_dir=tmp_path / "other")) != secret


def test_an_empty_secret_file_signs_nothing(tmp_path: Path) -> None:
    """A disk that was full when the secret was written must not leave bundles signed with an empty key."""
    (tmp_path / "secret").touch(mode=0o600)
    try:
        secret = signing_secret(Settings(var_dir=tmp_path))
    except SettingsError:
        return
    assert secret


def test_the_example_lists_exactly_the_variables_that_are_read() -> None:
    """`.env.example` names every setting once, and none that nobody reads."""
    tree = ast.parse((PROJECT / "bot" / "settings.py").read_text(encoding="utf-8"))
    read = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
            and re.fullmatch("IMH_[A-Z_]+", node.value)}
    assert read and sorted(name for name, _ in example()) == sorted(read)


def test_the_example_holds_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Taking the comment signs away changes nothing."""
    monkeypatch.chdir(PROJECT)
    assert load_settings(dict(example())) == Settings()


def example() -> list[tuple[str, str]]:
    """The variables of `.env.example` with the values given there."""
    text = (PROJECT / ".env.example").read_text(encoding="utf-8")
    return re.findall(r"^# ?(IMH_[A-Z_]+)=(.*)$", text, re.MULTILINE)
