import sys

from nblib.cli import main

sys.exit(main())
