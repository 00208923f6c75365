"""Privilege that raw sockets need, held no longer than it takes to open them.

The law
-------
1. Sockets are opened first, before anything of the network is read; then privilege goes, and
   cannot come back.
2. Under sudo the process becomes the user who called it: groups, group, user, and HOME with them,
   so that what is written belongs to that user.
3. With file capabilities (``setcap``) all capabilities go: effective, permitted, inheritable and
   ambient ones.
4. In both cases no program that is started later may gain any (PR_SET_NO_NEW_PRIVS).
5. Root who was not called by sudo stays root: there is nobody to become.
"""

ADVICE = (
    "run with sudo, or let a copy of the interpreter in a virtual environment do it:"
    ' sudo setcap cap_net_raw+ep "$(command -v python3)"'
    " (a file, not a link: python3 -m venv --copies); mxpath drops the privilege once its sockets"
    " are open"
)
"""What to do where raw sockets may not be opened."""
