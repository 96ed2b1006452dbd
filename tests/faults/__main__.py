"""`python -m tests.faults`: the fault rig from the command line."""

from __future__ import annotations

import os
import sys

# Threads that numpy would keep for itself do not survive a fork. It asks when it is imported.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from tests.faults.command import main  # noqa: E402  # after the above

sys.exit(main())
