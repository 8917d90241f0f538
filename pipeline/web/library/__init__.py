"""What people, programs and agents are given of the published collection: plain functions with typed answers."""
