import json
import os
from contextlib import suppress

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    """A Lambda function that is subscribed to the topic. If it fails, Lambda retries with the same event."""
    for record in event["Records"]:
        save_once(table, json.loads(record["Sns"]["Message"]))


def save_once(table, message):
    """Keeps a message once. If it comes again, the first one stays."""
    item = {name: message[name] for name in ("message_id", "from", "sms_number", "body", "received_at")}
    with suppress(table.meta.client.exceptions.ConditionalCheckFailedException):
        table.put_item(Item=item, ConditionExpression="attribute_not_exists(message_id)")
