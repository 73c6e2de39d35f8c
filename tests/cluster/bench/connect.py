"""connect.py HOST PORT: a ProxyCommand for ssh(1) that hands it a connected socket.

Run in the rack's network namespace, so that ssh itself need not be there.
"""

import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10) as found:
    found.settimeout(None)
    with socket.socket(fileno=1) as ssh:  # ProxyUseFdpass: our standard output
        socket.send_fds(ssh, [b"\0"], [found.fileno()])
        ssh.detach()
