"""Receives the messages of a subscriber of the kind `https`. Needs only Python 3.9.

Run it behind a proxy that ends TLS: SMS_SECRET=whsec_... DATABASE=sms.db PORT=8080 python3 verify_signature.py
"""

import base64
import hashlib
import hmac
import os
import sqlite3
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAX_BYTES = 1_000_000
TOLERANCE_SECONDS = 5 * 60


def is_genuine(secret, headers, body):
    """Whether the body, as bytes, was signed with the secret in the last five minutes."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "").split(" ")
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    # There are several while the secret is being changed. The time of the comparison reveals nothing.
    matches = [hmac.compare_digest(expected, signature.encode()) for signature in signatures]
    return any(matches) and abs(time.time() - int(timestamp)) <= TOLERANCE_SECONDS


def keep_once(message_id, message):
    """Keeps a message once for each id. If it comes again, the first one stays."""
    with closing(sqlite3.connect(os.environ["DATABASE"])) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, message TEXT)")
        database.execute("INSERT OR IGNORE INTO messages VALUES (?, ?)", (message_id, message))


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = max(0, int(self.headers.get("content-length", 0)))
        self.send_response(self.status_of(self.rfile.read(length)) if length <= MAX_BYTES else 413)
        self.end_headers()

    def status_of(self, body):
        """Returns 200 only after the message is kept. If it raises, there is no answer, and the message comes again."""
        if not is_genuine(os.environ["SMS_SECRET"], self.headers, body):
            return 401
        keep_once(self.headers["webhook-id"], body.decode())
        return 200

    def log_message(self, *_):
        """Logs nothing, because a path may hold a secret."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 8080))), Receiver)
    print(f"Listening on port {server.server_port}", flush=True)
    server.serve_forever()
