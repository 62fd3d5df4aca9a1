"""What nobody must leave behind: phone numbers, e-mails, names, addresses and dates of birth, masked in a text."""

from bot.privacy.masking import Masker, shared_masker, use_masker

__all__ = ["Masker", "shared_masker", "use_masker"]
