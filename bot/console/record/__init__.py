"""Git as the record: what staff change leaves as commits that somebody can review, or as a patch file where there is no
repository."""

from bot.console.record.git import RecordError
from bot.console.record.keeping import commit, flush, later, patch

__all__ = ["RecordError", "commit", "flush", "later", "patch"]
