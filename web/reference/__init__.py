"""The reference: what the gateway takes and answers, told from the classes that serve.

    call.py      the words: a Call, its parameters, its answers
    forms.py     objects that are put together where they are answered
    calls.py     every call of HTTP, one table of the tables beside it
    frames.py    every frame of the websockets, both dialects
    shapes.py    classes and forms as JSON Schemas, with the bounds that notes.py adds
    openapi.py asyncapi.py   the tables as documents for machines
    page.py      the same for people: /docs
    examples.py  requests, with the answers that a real gateway gave

A test fails when a route of the app is not in the tables or the other way round, when an answer
does not fit its schema, and when an example is not answered as it is shown.
"""
