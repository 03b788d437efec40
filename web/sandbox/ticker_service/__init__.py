"""The sandbox as ticker_service: Kite's rows behind tasks, an API key, and a stream of frames."""
