"""The steps that bring a database of an earlier program up to date, in order.

Each is a module of Alembic's kind whose revision is the schema's number. A step that
was once released is never changed; a test holds what all of them come to against the
tables of `dashboard.storage.database`.
"""
