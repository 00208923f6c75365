"""Constants of the Linux kernel that Python's socket module does not name (as of 3.11).

They are part of the kernel's interface to programs and never change; the header that defines
each stands beside it. The asm-generic values hold on x86, ARM, RISC-V, POWER and s390.
"""

SO_ATTACH_FILTER = 26  # asm-generic/socket.h
SO_TIMESTAMPNS = 35  # asm-generic/socket.h: SO_TIMESTAMPNS_OLD, a struct timespec of the machine
SCM_TIMESTAMPNS = SO_TIMESTAMPNS  # asm-generic/socket.h
IPV6_HDRINCL = 36  # linux/in6.h
