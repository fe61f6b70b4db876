"""What jobs make for the pages of planning, in processes of their own: sketches and reports.

Frames, shapes and type-setting live here, and are never imported by the pages themselves.
"""
