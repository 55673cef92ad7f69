"""The PDF writer. Its fonts are settled here, before any module of this room can load the engine."""

import os

from careleaf import fonts

os.environ["FONTCONFIG_FILE"] = str(fonts.configuration())
