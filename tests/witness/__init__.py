"""The newest of other libraries on a newer Python: who reads whose plates.

`make test-witness` prints the tables; `tests/integration/test_witness.py` holds each
cell to what is expected of it. Runs in .venv-witness, from requirements/witness.lock.
"""
