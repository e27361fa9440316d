"""Puts the console into the application."""

from fastapi import FastAPI

from gateway.console import entrance, faces, jobs, machines, pages, streams


def install(app: FastAPI) -> None:
    """Add the console's pages, its streams, and its way of showing errors."""
    for router in (entrance.router, jobs.router, machines.router, streams.router, faces.router()):
        app.include_router(router, include_in_schema=False)
    app.state.error_page = pages.error_page
