"""The parts of the page, one file a noun; `page` arranges them.

Each part turns plain values into the content of a component of ours and its messages
into changes of the session's state; none of them knows another.
"""
