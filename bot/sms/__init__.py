"""What a text message is, free of gateways, HTTP and Rasa."""
