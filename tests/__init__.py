"""The tests, which no developer's own .env may touch: it would be read as soon as the package is imported."""

import os

os.environ["NIC_ENV_FILE"] = ""
