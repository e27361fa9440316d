"""`python -m notify.catcher`."""

import sys

from notify.catcher import main

sys.exit(main())
