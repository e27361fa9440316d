"""The HTTP API for programs: `/v1`, and the one address of the old systems that their front ends poll."""
