"""The reference, held against what really answers: examples, schemas, a stranger's hand."""
