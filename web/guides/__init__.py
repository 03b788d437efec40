"""The guides: how a desk sets the gateway up, keeps it running, and adds to it.

    *.md, *.svg   the guides themselves, as they are read where the source is read
    texts.py      which there are, and in which order: title, first words, text
    page.py       Markdown as pages, in the look of the reference
    surface.py    /docs/guides and the pages below it

A guide says only what this gateway does: the tests read its settings, commands, numbers and links.
"""
