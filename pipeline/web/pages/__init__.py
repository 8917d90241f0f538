"""The pages for people, as HTML that works without JavaScript, in Portuguese and English."""

from pipeline.web.pages.router import not_found, router

__all__ = ["not_found", "router"]
