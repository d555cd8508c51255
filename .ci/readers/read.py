"""Reads pictures as sd-parsers, SD Prompt Reader and Pillow do. Usage: read.py FILE... > lines of JSON."""

import json
import sys

from PIL import ExifTags, Image
from sd_parsers import ParserManager
from sd_prompt_reader.image_data_reader import ImageDataReader


kept = []  # sd-parsers remembers an image by its id(), which Python gives to another when the first is gone


def sd_parsers(name):
    kept.append(Image.open(name))
    info = ParserManager().parse(kept[-1])
    sampler = info.samplers[0]
    return {
        "prompt": "\n".join(p.value for p in sampler.prompts),
        "negative": "\n".join(p.value for p in sampler.negative_prompts),
        "seed": sampler.parameters["seed"],
        "size": info.metadata["Size"],
        "model": sampler.model.name,
    }


def sd_prompt_reader(name):
    data = ImageDataReader(name)
    return {
        "prompt": data.positive,
        "negative": data.negative,
        "seed": data.parameter["seed"],
        "size": f"{data.width}x{data.height}",
        "model": data.parameter["model"],
    }


def pillow(name):
    with Image.open(name) as image:
        image.load()
        if image.format == "PNG":
            return {"text": image.text["parameters"]}
        comment = image.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
        return {"text": comment.removeprefix(b"UNICODE\0").decode("utf-16-be")}


for name in sys.argv[1:]:
    for reader in (sd_parsers, sd_prompt_reader, pillow):
        try:
            found = reader(name)
        except Exception as error:  # whatever a reader does with a file is a result
            found = {"error": repr(error)}
        print(json.dumps({"reader": reader.__name__, "file": name, **found}))
