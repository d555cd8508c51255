"""Writes a tar of the smallest base image that `sam local` can run static functions in: Lambda's runtime interface
emulator, which the SAM CLI brings along, and an empty /tmp. Usage: image.py x86_64|arm64 > image.tar"""

import io
import pathlib
import sys
import tarfile

import samcli

emulator = pathlib.Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{sys.argv[1]}"

with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
    for name, mode in (("tmp", 0o1777), ("var", 0o755), ("var/rapid", 0o755), ("var/task", 0o755)):
        folder = tarfile.TarInfo(name)
        folder.type, folder.mode = tarfile.DIRTYPE, mode
        tar.addfile(folder)
    program = tarfile.TarInfo("var/rapid/aws-lambda-rie")
    program.mode, content = 0o755, emulator.read_bytes()
    program.size = len(content)
    tar.addfile(program, io.BytesIO(content))
