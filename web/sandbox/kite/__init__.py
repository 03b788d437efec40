"""The sandbox as Kite Connect v3: form bodies, error types, order frames, a beating heart."""
