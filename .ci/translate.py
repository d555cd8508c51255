"""Write template.yaml as CloudFormation sees it, which is what the linters, the scanner and the tests have to look at:
cfn-lint drops its warnings on a SAM source, and no scanner knows what SAM adds.

    python .ci/translate.py template.yaml > translated.json

It calls no AWS: the region is there because the translator wants one, and the code is said to lie in S3 already.
"""

import json
import sys

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

CODE = {"Bucket": "code", "Key": "function.zip"}


def translate(path: str) -> dict:
    with open(path, encoding="utf-8") as source:
        template = yaml_parse(source.read())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = CODE
    session = boto3.Session(region_name="us-west-2")
    return Translator({}, Parser(), boto_session=session).translate(template, {"AWS::Region": "us-west-2"})


if __name__ == "__main__":
    json.dump(translate(sys.argv[1]), sys.stdout, indent=2)
