"""The proof that nothing is lost: real workers, killed and cheated on purpose, then checked.

`scout drill` runs it with a broker, a database and a folder of its own.
"""
