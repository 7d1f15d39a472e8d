"""The outbox: every notice is a row until it is delivered, expired or superseded."""
