# SPDX-License-Identifier: LGPL-2.1-or-later
"""Publishes a test picture and a tone to a WHIP endpoint (RFC 9725); whip.md describes it."""
import argparse
import http.client
import queue
import re
import signal
import sys
import urllib.parse
from whip import FRAGMENT, MEDIA, SDP, End, Gst, Refused, read_fragment, read_ice, start, write_fragment, write_ice
MAX_BODY = 1 << 16  # bytes
MAX_REDIRECTS = 5


def request(method, url, token, body="", kind=None, match=None):
    """Status, headers and text of the response; the status is 0 where there is none."""
    headers = {"Authorization": token and f"Bearer {token}", "Content-Type": kind, "If-Match": match}
    try:
        parts = urllib.parse.urlsplit(url)
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = connect(parts.hostname, parts.port, timeout=30)
        target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        headers = {name: value for name, value in headers.items() if value}
        connection.request(method, target, body.encode() or None, headers)
        response = connection.getresponse()
        text = response.read(MAX_BODY).decode(errors="replace")
        connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        return 0, {}, f"{method}: {error or type(error).__name__}"
    if response.status >= 300:
        text = f"{method}: {response.status} {response.reason}: {text[:200]!r}"
    return response.status, response.headers, text


def resolve(url, location):
    """A URL to send requests to, or None; no token leaves https."""
    try:
        target = urllib.parse.urljoin(url, location or ":")
    except ValueError:
        return None
    return target if target.startswith(("http://", "https://") if url.startswith("http:") else "https://") else None


def post(url, token, offer):
    """The URL of the session, or None, and headers and text of the response."""
    for _ in range(1 + MAX_REDIRECTS):
        status, headers, text = request("POST", url, token, offer, SDP)
        location = headers.get("Location")
        target = location and resolve(url, location)
        if status not in (307, 308) or not target:
            break
        url = target
    if status != 201:
        raise Refused(status, text)
    return target, headers, text


def use(what, function, *arguments):
    """Calls function() with something that the server sent; an error names it."""
    try:
        return function(*arguments)
    except Refused as refused:
        raise Refused(0, f"the server's {what} cannot be used: {refused.text}") from None


def take_answer(end, answer):
    end.set_remote("answer", answer, *read_ice(answer))


def take_restart(end, offer, answer, fragment):
    ice = read_fragment(fragment, answer)
    end.set_local("offer", write_ice(offer, *end.local_credentials(), []))
    end.set_remote("answer", answer, *ice)


def carry(end, events, session, etag, token, offer, answer):
    """Sends all candidates in one PATCH, and restarts ICE after a break, until it is interrupted."""
    candidates, is_restarting = [], False
    for event, what in iter(events.get, ("stop", "")):
        end.take(event, what)
        if event == "candidate":
            candidates.append(what)
        if (event, what) == ("candidate", ""):
            status, headers, text = request(
                "PATCH", session, token, write_fragment(offer, *end.local_credentials(), candidates), FRAGMENT,
                "*" if is_restarting else etag)
            if not 200 <= status < 300:
                print(f"{end.name}: goes on without: {text}", flush=True)
            elif is_restarting:
                etag = headers.get("ETag")
                use("ICE restart", take_restart, end, offer, answer, text)
            is_restarting = False
        elif (event, what) == ("ice", "disconnected") and not is_restarting:
            print(f"{end.name}: restarts ICE", flush=True)
            is_restarting, candidates = True, []
            end.agent.emit("restart")


def publish(url, address, token):
    """The exit status."""
    events, session = queue.SimpleQueue(), None
    for number in signal.SIGINT, signal.SIGTERM:
        signal.signal(number, lambda *_: events.put(("stop", "")))
    end = End("publish", address, lambda *event: events.put(event))
    try:
        for payload, (kind, medium) in enumerate(MEDIA.items(), 96):
            end.add_source(kind, payload, medium[2])
        end.pipeline.set_state(Gst.State.PLAYING)
        offer = end.set_local("offer", end.describe("offer"))
        session, headers, answer = post(url, token, offer)
        if not session or headers.get_content_type() != SDP:
            raise Refused(0, f"the response to POST has no Location to use, or its Content-Type is not {SDP}")
        use("answer", take_answer, end, answer)
        carry(end, events, session, headers.get("ETag"), token, offer, answer)
        print(f"{end.name}: interrupted", flush=True)
        return 0
    except Refused as refused:
        print(f"{end.name}: {refused.text}", flush=True)
        return 1
    finally:
        end.stop()
        if session:
            request("DELETE", session, token)


def read_url(text):
    if not re.match("https?://.", text):
        raise argparse.ArgumentTypeError("it has to begin with http:// or https://")
    return text


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", type=read_url, help="of the endpoint")
    options = start(parser)
    sys.exit(publish(options.url, options.address, options.token))
