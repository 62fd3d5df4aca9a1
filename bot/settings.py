"""Settings: environment -> frozen values, read once, checked at the start.

The only module that reads the environment. Every setting is listed in `.env.example`.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Mapping, TypeVar
from urllib.parse import urlsplit

from bot.errors import SettingsError

PROJECT = Path(__file__).resolve().parent.parent
_MIN_SECRET_CHARACTERS = 32
_MIN_TOKEN_CHARACTERS = 8
# Of 32 random hexadecimal digits fewer are different once in ten million; of what somebody typed, often.
_MIN_DIFFERENT = 8
_MIN_DIFFERENT_IN_TOKEN = 4
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Rate:
    """At most `count` messages in `period_s` seconds."""

    count: int
    period_s: int


class Networks(frozenset[str]):
    """Addresses and networks (CIDR) as they were written; an address is in it that is named or lies in a network."""

    def __contains__(self, address: object) -> bool:
        if super().__contains__(address):
            return True
        try:
            caller = ipaddress.ip_address(str(address))
        except ValueError:  # no address: what a client wrote into a header
            return False
        return any(caller in ipaddress.ip_network(network) for network in self if "/" in network)


@dataclass(frozen=True)
class Settings:
    """What an operator can decide. Times in seconds or days as named; sizes in bytes."""

    host: str = "127.0.0.1"
    port: int = 5005
    var_dir: Path = PROJECT / "var"
    db_url: str = field(default="", repr=False)
    workers: int = 1
    public_url: str = ""
    trusted_proxies: Networks = Networks()
    allowed_origins: frozenset[str] = frozenset()
    secret: str = field(default="", repr=False)
    sms_number: str = ""
    rate_sender: Rate = Rate(30, 60)
    rate_address: Rate = Rate(300, 60)
    rate_loopback: bool = False
    rate_sms: Rate = Rate(3000, 60)
    redis_url: str = field(default="", repr=False)
    twilio_auth_token: str = field(default="", repr=False)
    twilio_opt_out: str = "ours"
    kannel_token: str = field(default="", repr=False)
    kannel_addresses: frozenset[str] = frozenset({"127.0.0.1", "::1"})
    pseudonym_key: str = field(default="", repr=False)
    pseudonym_key_new: str = field(default="", repr=False)
    retention_days: int = 90
    console_host: str = "127.0.0.1"
    console_port: int = 5006
    console_url: str = ""
    console_token: str = field(default="", repr=False)
    staff_dir: Path | None = None
    evaluation_one_in: int = 5
    approvals: int = 1
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    benchmarks_dir: Path | None = None
    log_format: str = "text"
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    traces_url: str = field(default="", repr=False)
    traces_share: float = 1.0
    alert_url: str = field(default="", repr=False)
    alert_email: str = ""
    alert_from: str = ""
    alert_smtp: str = field(default="", repr=False)
    alert_crises: Rate = Rate(5, 600)
    alert_every_s: int = 3600

    @property
    def database_url(self) -> str:
        """Where conversations are kept: `IMH_DB_URL`, or a file in the var folder."""
        return self.db_url or f"sqlite:///{self.var_dir / 'conversations.db'}"

    def trusts(self, address: str) -> bool:
        """Whether what is said by this address of who called before it is believed: it is a proxy of ours."""
        return address in self.trusted_proxies


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from `IMH_*` variables; the defaults serve one machine and nobody else.

    Raises SettingsError with every wrong variable named at once.
    """
    read = _Reader(os.environ if environment is None else environment)
    default = Settings()
    settings = Settings(
        host=read("IMH_HOST", default.host, str),
        port=read("IMH_PORT", default.port, _port),
        var_dir=read("IMH_VAR_DIR", default.var_dir, lambda text: Path(text).expanduser().resolve()),
        db_url=read("IMH_DB_URL", default.db_url, _database_url),
        workers=read("IMH_WORKERS", default.workers, _positive),
        public_url=read("IMH_PUBLIC_URL", default.public_url, _origin),
        trusted_proxies=read("IMH_TRUSTED_PROXIES", default.trusted_proxies, _networks),
        allowed_origins=read("IMH_ALLOWED_ORIGINS", default.allowed_origins, _origins),
        secret=read("IMH_SECRET", default.secret, _secret),
        sms_number=read("IMH_SMS_NUMBER", default.sms_number, _phone_number),
        rate_sender=read("IMH_RATE_SENDER", default.rate_sender, _rate),
        rate_address=read("IMH_RATE_ADDRESS", default.rate_address, _rate),
        rate_loopback=read("IMH_RATE_LOOPBACK", default.rate_loopback, _yes_or_no),
        rate_sms=read("IMH_RATE_SMS", default.rate_sms, _rate),
        redis_url=read("IMH_REDIS_URL", default.redis_url, _redis_url),
        twilio_auth_token=read("IMH_TWILIO_AUTH_TOKEN", default.twilio_auth_token, _twilio_token),
        twilio_opt_out=read("IMH_TWILIO_OPT_OUT", default.twilio_opt_out, _ours_or_provider),
        kannel_token=read("IMH_KANNEL_TOKEN", default.kannel_token, _token),
        kannel_addresses=read("IMH_KANNEL_ADDRESSES", default.kannel_addresses, _addresses),
        pseudonym_key=read("IMH_PSEUDONYM_KEY", default.pseudonym_key, _secret),
        pseudonym_key_new=read("IMH_PSEUDONYM_KEY_NEW", default.pseudonym_key_new, _secret),
        retention_days=read("IMH_RETENTION_DAYS", default.retention_days, _positive),
        console_host=read("IMH_CONSOLE_HOST", default.console_host, str),
        console_port=read("IMH_CONSOLE_PORT", default.console_port, _port),
        console_url=read("IMH_CONSOLE_URL", default.console_url, _origin),
        console_token=read("IMH_CONSOLE_TOKEN", default.console_token, _secret),
        staff_dir=read("IMH_STAFF_DIR", default.staff_dir, lambda text: Path(text).expanduser().resolve()),
        evaluation_one_in=read("IMH_EVALUATION_ONE_IN", default.evaluation_one_in, _positive),
        approvals=read("IMH_APPROVALS", default.approvals, _one_or_two),
        oidc_issuer=read("IMH_OIDC_ISSUER", default.oidc_issuer, _web_address),
        oidc_client_id=read("IMH_OIDC_CLIENT_ID", default.oidc_client_id, str),
        oidc_client_secret=read("IMH_OIDC_CLIENT_SECRET", default.oidc_client_secret, str),
        benchmarks_dir=read("IMH_BENCHMARKS_DIR", default.benchmarks_dir, lambda text: Path(text).expanduser().resolve()),
        log_format=read("IMH_LOG_FORMAT", default.log_format, _text_or_json),
        metrics_host=read("IMH_METRICS_HOST", default.metrics_host, str),
        metrics_port=read("IMH_METRICS_PORT", default.metrics_port, _port),
        traces_url=read("IMH_TRACES_URL", default.traces_url, _http_address),
        traces_share=read("IMH_TRACES_SHARE", default.traces_share, _share),
        alert_url=read("IMH_ALERT_URL", default.alert_url, _http_address),
        alert_email=read("IMH_ALERT_EMAIL", default.alert_email, _mailbox),
        alert_from=read("IMH_ALERT_FROM", default.alert_from, _mailbox),
        alert_smtp=read("IMH_ALERT_SMTP", default.alert_smtp, _smtp_address),
        alert_crises=read("IMH_ALERT_CRISES", default.alert_crises, _rate),
        alert_every_s=read("IMH_ALERT_EVERY", default.alert_every_s, _positive),
    )
    if settings.twilio_auth_token and not settings.public_url:
        read.wrong.append("IMH_PUBLIC_URL: is needed beside IMH_TWILIO_AUTH_TOKEN: Twilio signs the public address; "
                          "set it to the one that Twilio calls")
    if settings.pseudonym_key and settings.pseudonym_key == settings.secret:
        read.wrong.append("IMH_PSEUDONYM_KEY: is the same as IMH_SECRET; make another with 'openssl rand -hex 32'")
    if settings.console_url and not settings.console_token:
        read.wrong.append("IMH_CONSOLE_TOKEN: is needed beside IMH_CONSOLE_URL: the console hands releases to nobody "
                          "without it; set both sides to the same")
    if settings.oidc_issuer and not (settings.oidc_client_id and settings.oidc_client_secret):
        read.wrong.append("IMH_OIDC_CLIENT_ID: is needed with IMH_OIDC_CLIENT_SECRET beside IMH_OIDC_ISSUER; the provider "
                          "hands out both")
    if settings.workers > 1 and not (settings.redis_url or settings.database_url.startswith("postgresql")):
        read.wrong.append("IMH_WORKERS: several workers need a lock that they share: PostgreSQL in IMH_DB_URL, or a Redis in "
                          "IMH_REDIS_URL; without either set it to 1")
    if settings.metrics_port and settings.metrics_port in {settings.port, settings.console_port}:
        read.wrong.append("IMH_METRICS_PORT: is the port of the bot or of the console; give the figures one of their own")
    if settings.alert_email and not (settings.alert_from and settings.alert_smtp):
        read.wrong.append("IMH_ALERT_SMTP: is needed with IMH_ALERT_FROM beside IMH_ALERT_EMAIL; set both to send e-mail")
    if read.wrong:
        raise SettingsError("\n".join(["These settings cannot be used:", *(f"  {line}" for line in read.wrong)]))
    return settings


def signing_secret(settings: Settings) -> str:
    """The key that bundles are signed with: `IMH_SECRET`, or one made here and kept for its owner alone."""
    return settings.secret or _kept_secret(settings, "secret")


def pseudonym_key(settings: Settings) -> str:
    """The key that stands between a phone number and its conversation: `IMH_PSEUDONYM_KEY`, or one made here."""
    return settings.pseudonym_key or _kept_secret(settings, "pseudonym_key")


def _kept_secret(settings: Settings, name: str) -> str:
    path = settings.var_dir / name
    if not path.exists():
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    secret = path.read_text(encoding="ascii", errors="replace").strip()
    if len(secret) < _MIN_SECRET_CHARACTERS:
        raise SettingsError(f"{path.name} in the var folder holds no usable key; delete it and start again.")
    return secret


class _Reader:
    """Reads variables one by one and remembers what was wrong with each."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.wrong: list[str] = []

    def __call__(self, name: str, default: _Value, parse: Callable[[str], _Value]) -> _Value:
        try:
            text = self._text(name)
            return parse(text) if text else default
        except ValueError as error:
            self.wrong.append(f"{name}: {error}")
            return default

    def _text(self, name: str) -> str:
        """What a variable says, or the file that `<name>_FILE` names: a secret then stands in no environment."""
        text = self._environment.get(name, "").strip()
        path = self._environment.get(f"{name}_FILE", "").strip()
        if not path:
            return text
        if text:
            raise ValueError(f"is set and {name}_FILE is too; take one of them away")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"the file that {name}_FILE names cannot be read ({type(error).__name__})") from error


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ValueError(f"'{text}' is not a port; use a number from 1 to 65535")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"'{text}' is not a whole number above 0")
    return int(text)


def _rate(text: str) -> Rate:
    count, slash, period = text.partition("/")
    if not (slash and count.isdecimal() and period.isdecimal() and int(count) and int(period)):
        raise ValueError(f"'{text}' is not a rate; write messages/seconds, for example 30/60")
    return Rate(int(count), int(period))


def _yes_or_no(text: str) -> bool:
    if text.lower() not in {"yes", "no", "true", "false", "1", "0"}:
        raise ValueError(f"'{text}' is neither yes nor no")
    return text.lower() in {"yes", "true", "1"}


def _secret(text: str, mend: str = "make one with 'openssl rand -hex 32'") -> str:
    if len(text) < _MIN_SECRET_CHARACTERS or len(set(text)) < _MIN_DIFFERENT:
        raise ValueError(f"is shorter than {_MIN_SECRET_CHARACTERS} characters, or repeats a few; {mend}")
    return text


def _twilio_token(text: str) -> str:
    return _secret(text, "copy it from Twilio's console")


def _one_or_two(text: str) -> int:
    if text not in {"1", "2"}:
        raise ValueError(f"'{text}' is neither 1 (who writes may release) nor 2 (a second person approves)")
    return int(text)


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query:
        raise ValueError(f"'{text}' is not an address like https://login.example.org/realm")
    return text.rstrip("/")


def _token(text: str) -> str:
    if len(text) < _MIN_TOKEN_CHARACTERS or len(set(text)) < _MIN_DIFFERENT_IN_TOKEN or not text.isalnum() \
            or not text.isascii():
        raise ValueError(f"is not {_MIN_TOKEN_CHARACTERS} or more letters and digits, or repeats a few; make one with "
                         "'openssl rand -hex 16'")
    return text


def _ours_or_provider(text: str) -> str:
    if text not in {"ours", "provider"}:
        raise ValueError(f"'{text}' is neither ours nor provider")
    return text


def _redis_url(text: str) -> str:
    if urlsplit(text).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError(f"'{text.split('@')[-1]}' is not an address like redis://127.0.0.1:6379/0")
    return text


def _text_or_json(text: str) -> str:
    if text not in {"text", "json"}:
        raise ValueError(f"'{text}' is neither text nor json")
    return text


def _http_address(text: str) -> str:
    """An address whose path and query may be a secret, and so are not quoted."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not an address like https://alerts.example.org/hook")
    return text


def _share(text: str) -> float:
    if not re.fullmatch(r"(0?\.[0-9]+|0|1(\.0*)?)", text) or not float(text):
        raise ValueError(f"'{text}' is not a share; write a number above 0 and up to 1, for example 0.1")
    return float(text)


def _smtp_address(text: str) -> str:
    if urlsplit(text).scheme not in {"smtp", "smtps"} or not urlsplit(text).hostname:
        raise ValueError("is not an address like smtp://user:password@mail.example.org:587 (or smtps://)")
    return text


def _mailbox(text: str) -> str:
    if not re.fullmatch(r"[^\s@<>,]+@[^\s@<>,]+", text):
        raise ValueError(f"'{text}' is not an e-mail address")
    return text


def _list(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _addresses(text: str) -> frozenset[str]:
    return frozenset(str(ipaddress.ip_address(part)) for part in _list(text))


def _networks(text: str) -> Networks:
    """Addresses, and networks in CIDR notation: in a cluster a proxy has another address with every start."""
    return Networks(str(ipaddress.ip_network(part) if "/" in part else ipaddress.ip_address(part))
                    for part in _list(text))


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ValueError(f"'{text}' is not an address like https://chat.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def _origins(text: str) -> frozenset[str]:
    return frozenset(_origin(part) for part in _list(text))


def _phone_number(text: str) -> str:
    number = re.sub(r"[\s().-]", "", text)
    if not re.fullmatch(r"\+?[0-9]{3,15}", number):
        raise ValueError(f"'{text}' is not a telephone number; write it like +15055550123")
    return number


def _database_url(text: str) -> str:
    if urlsplit(text).scheme.split("+")[0] not in {"sqlite", "postgresql"}:
        raise ValueError(f"'{text.split('@')[-1]}' is neither an sqlite nor a postgresql address")
    return text
