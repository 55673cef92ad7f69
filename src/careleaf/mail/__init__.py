"""Aftercare sheets by email: at least once, never after their time, never to the wrong person.

`intake` turns Recipients into Parcels and puts them into the `outbox`; `sender` takes them out one at a time,
`message` makes each the bytes of a message, and `smtp` hands it over.
"""
