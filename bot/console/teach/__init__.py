"""Staff teach: a label becomes an example, a group of messages a new topic."""
