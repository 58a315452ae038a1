"""livekit: a crash-safe runner for trading strategies."""
