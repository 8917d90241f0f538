"""Questions that change nothing: what would happen, how do things stand, is all there that a run needs?"""
