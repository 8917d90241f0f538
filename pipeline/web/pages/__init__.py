"""The pages for people, as HTML that works without JavaScript, in Portuguese and English."""

from pipeline.web.pages.router import bad_request, failed, not_found, router

__all__ = ["bad_request", "failed", "not_found", "router"]
