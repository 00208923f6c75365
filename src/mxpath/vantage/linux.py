"""Constants of the Linux kernel that Python's socket module does not name (as of 3.11).

They are part of the kernel's interface to programs and never change; the header that defines
each stands beside it. The asm-generic values hold on x86, ARM, RISC-V, POWER and s390.
"""

SO_ATTACH_FILTER = 26  # asm-generic/socket.h
SO_TIMESTAMPNS = 35  # asm-generic/socket.h: SO_TIMESTAMPNS_OLD, a struct timespec of the machine
SCM_TIMESTAMPNS = SO_TIMESTAMPNS  # asm-generic/socket.h
IPV6_HDRINCL = 36  # linux/in6.h

IP_RECVERR = 11  # linux/in.h
IP_RECVTTL = 12  # linux/in.h
IP_MTU_DISCOVER = 10  # linux/in.h
IPV6_MTU_DISCOVER = 23  # linux/in6.h
IPV6_RECVERR = 25  # linux/in6.h
IPV6_AUTOFLOWLABEL = 70  # linux/in6.h
PMTUDISC_PROBE = 3  # linux/in.h, in6.h: DF is set, and what is known of the path's MTU ignored
IP_RECVERR_RFC4884 = 26  # linux/in.h, since 5.9
IPV6_RECVERR_RFC4884 = 31  # linux/in6.h, since 5.9
MSG_ERRQUEUE = 0x2000  # linux/socket.h
SO_EE_ORIGIN_ICMP = 2  # linux/errqueue.h
SO_EE_ORIGIN_ICMP6 = 3  # linux/errqueue.h
TCP_INFO_RTT = 68  # linux/tcp.h: offset of tcpi_rtt in struct tcp_info, 32 bits, microseconds
PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
PR_CAP_AMBIENT = 47  # linux/prctl.h
PR_CAP_AMBIENT_CLEAR_ALL = 4  # linux/prctl.h
LINUX_CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h: two words of 32 bits a set
