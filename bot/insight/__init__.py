"""What an operator can see of a running bot: figures, reasons, alerts. Never a word of a message, never a sender."""
