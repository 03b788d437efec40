"""The commands of `orderwire`, one small module each, and what they share.

faults     what a person is told when it cannot run      process   signals, exit status
options    how account names, rights and places are read  logs     stderr, one set-up
gateway    configuration ──▶ system ──▶ app ──▶ server    broker   a paper broker as a child
placing    a batch at a gateway, asked for while it runs  outcome  what came of it, in lines
lines      an event as a line; words, columns: of it      paint    colours, as a terminal has them
output     lines on their way out, and the place reached  progress a batch on its way, in one line
"""
