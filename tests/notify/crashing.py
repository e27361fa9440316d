"""`python -m tests.notify.crashing FILE PROVIDER SLOT`: has one pump at work, whatever happens to it; its pid stands in FILE."""

import os
import sys
from pathlib import Path

from imece import log
from notify.sending import pumps


def main() -> None:
    """Forks a pump, and another one when that has died."""
    file, provider, slot = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    log.configure(service="notify")
    while True:
        child = os.fork()
        if child == 0:
            pumps.Pump(provider, slot).run(lambda: True, idle=300)
            os._exit(0)
        file.write_text(str(child), encoding="ascii")
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
