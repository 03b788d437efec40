"""Kills: real processes, SIGKILL, and the broker's ledger as the truth.

python -m tests.crash --kills 50 --seed 1 --results kills.jsonl            in the live stream
python -m tests.crash batches --kills 200 --seed 1 --results kills.jsonl   in the middle of batches
python -m tests.crash batches --kills 60 --upstream fyers                  … at another broker
"""
