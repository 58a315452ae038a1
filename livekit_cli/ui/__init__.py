"""Words and colours only: events in, text or renderables out."""
