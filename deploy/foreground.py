"""`python deploy/foreground.py COMMAND …`: becomes COMMAND, as the terminal's foreground group.

make dies of Ctrl-C with a complaint and exit code 130 even when its command ended well. So the command gets a group
of its own: the terminal's Ctrl-C reaches it and not make, and what it answers is what make answers. (Ctrl-Z is off:
make could not wake it again.)
"""

import os
import signal
import sys


def take_terminal() -> None:
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return
    if os.tcgetpgrp(terminal) == os.getpgrp() and os.getpid() != os.getpgrp():
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.setpgid(0, 0)
        os.tcsetpgrp(terminal, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    os.close(terminal)


if __name__ == "__main__":
    take_terminal()
    os.execvp(sys.argv[1], sys.argv[1:])
