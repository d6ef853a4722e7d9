"""The hard caps of pass 2, which no option can raise.

A cap *bites* when there was more to do than it allowed: a keyword worth searching was not searched,
a new repository was left out, or a hydrated one was not analysed. Reaching a cap exactly, with
nothing left over, is not biting. `--max-queries` may lower the first cap and bites in the same way,
except for 0, which switches pass 2 off.
"""

from __future__ import annotations

MAX_QUERIES = 10
MAX_NEW_REPOS = 200
MAX_ANALYSES = 200
#: Results that pass 2 keeps per query, where `--top` does not ask for fewer.
RESULTS_PER_QUERY = 50
