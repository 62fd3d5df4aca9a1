"""What the bot knows: the brief, its passages, and the answers made of them.

Frozen values and nothing else; free of Rasa, the network and the environment. `load_knowledge` reads a content folder,
`current` hands out the knowledge that is live in this process.
"""

from bot.knowledge.answers import Answer, Choice, Kind
from bot.knowledge.live import current, one_knowledge, use
from bot.knowledge.loading import CONTENT, load_knowledge
from bot.knowledge.values import AUDIENCES, LANGUAGES, Brief, Contact, CrisisLine, Knowledge, Passage, Reference, Topic

__all__ = [
    "AUDIENCES",
    "CONTENT",
    "LANGUAGES",
    "Answer",
    "Brief",
    "Choice",
    "Contact",
    "CrisisLine",
    "Kind",
    "Knowledge",
    "Passage",
    "Reference",
    "Topic",
    "current",
    "load_knowledge",
    "one_knowledge",
    "use",
]
