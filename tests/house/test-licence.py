#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does every source file name its licence? Usage: test-licence.py SOURCE_ROOT"""
import sys
from pathlib import Path

root = Path(sys.argv[1])
files = [path for folder in ("gst", "ext", "tests", "docs")
         for path in sorted((root / folder).rglob("*"))
         if path.suffix in (".c", ".h", ".py", ".sh")]
files.append(root / ".ci/run")
missing = [path for path in files
           if "SPDX-License-Identifier: LGPL-2.1-or-later" not in path.read_text()[:500]]
for path in missing:
    print(f"{path.relative_to(root)} has no line SPDX-License-Identifier: LGPL-2.1-or-later")
sys.exit(bool(missing) or not files)
