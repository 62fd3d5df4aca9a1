"""The staff console: an application of its own, for the people who look after the bot. Free of Rasa."""
