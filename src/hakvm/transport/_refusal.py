"""What ssh(1) says when there is no connection, as errors that say what to do."""

import re

from hakvm.errors import (
    ChangedHostKey,
    HostUnreachable,
    LoginRefused,
    TransportError,
    UnknownHostKey,
)

__all__ = ["refusal"]

# In this order: a changed key is followed by the words that an unknown one has too.
# The words are OpenSSH's (sshconnect.c, sshconnect2.c, ssh.c, packet.c), 7.4 to 10.
_KINDS: tuple[tuple[re.Pattern[str], type[TransportError], str, str], ...] = (
    (
        re.compile(r"REMOTE HOST IDENTIFICATION HAS CHANGED|differs from the key for the IP"),
        ChangedHostKey,
        "the host shows another key than the known one",
        "set up anew? then ssh-keygen -R HOST; if not, someone may stand in between",
    ),
    (
        re.compile(r"Host key verification failed|No \S+ host key is known"),
        UnknownHostKey,
        "the host's key is not known",
        "compare its fingerprint, then add it: ssh-keyscan HOST >>~/.ssh/known_hosts",
    ),
    (
        re.compile(
            r"Permission denied|Too many authentication failures"
            r"|No more authentication methods|Received disconnect.*(?i:auth)"
        ),
        LoginRefused,
        "the host refuses the login",
        "check the user, and that the host knows the key (ssh-copy-id)",
    ),
    (
        re.compile(
            r"Could not resolve hostname|Connection (?:refused|timed out|reset|closed)|No route to"
            r"|Network is unreachable|Host is down|kex_exchange_identification|Broken pipe"
            r"|Operation timed out|banner exchange|Timeout, server|UNKNOWN port"
        ),
        HostUnreachable,
        "the host cannot be reached",
        "check its name and port, that it is up, and that sshd runs there",
    ),
)


def refusal(said: str, *, host: str) -> TransportError:
    """Return the error for what ssh(1) said while it connected."""
    lines = [line.strip() for line in said.splitlines()]
    for pattern, kind, message, hint in _KINDS:
        if found := [line for line in lines if pattern.search(line)]:
            # Where a changed key is known from, ssh(1) says in a line of its own.
            found = [line for line in lines if line.startswith("Offending")] or found
            return kind(f"{message}: {found[-1]}", host=host, hint=hint)
    return TransportError(
        f"ssh made no connection: {' '.join(lines)[-400:] or 'it did not say why'}",
        host=host,
        hint="try it by hand: ssh -v HOST true",
    )
