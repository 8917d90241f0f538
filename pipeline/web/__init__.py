"""One read service over HTTP: pages for people, an API for programs, MCP for agents."""
