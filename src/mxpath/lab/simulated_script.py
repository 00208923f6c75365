"""A mail server's side of one conversation, without network or time.

It takes no mail: greeting, EHLO, HELO, STARTTLS, NOOP, RSET and QUIT (RFC 5321,
RFC 3207); anything else is refused and, like all that a client ever said, kept in
``commands``.
"""

from mxpath.lab import mail_words
from mxpath.lab.elements import Behaviour, SmtpHost


class SmtpScript:
    """One conversation.

    Parameters
    ----------
    host
        The server.
    crowded
        Whether this client has as many connections as it may, and is sent away.
    """

    def __init__(self, host: SmtpHost, *, crowded: bool = False) -> None:
        self.host = host
        self._heard = b""
        self._crowded = crowded
        self.commands: list[str] = []
        self.is_over = crowded
        self.awaits_tls = False
        self._encrypted = False

    @property
    def greeting(self) -> bytes:
        """The server's first line; empty when it never says one."""
        if self.host.behaviour in {Behaviour.MUTE, Behaviour.RESET}:
            return b""
        return f"{mail_words.greeting(self.host, crowded=self._crowded)}\r\n".encode()

    def hear(self, data: bytes) -> tuple[bytes, ...]:
        """Take what the client sent; return the lines that answer all complete ones."""
        *lines, self._heard = (self._heard + data).split(b"\r\n")
        answers = [a for line in lines for a in self._answer(line.decode("ascii", "replace"))]
        return tuple(f"{answer}\r\n".encode() for answer in answers)

    def encrypt(self) -> None:
        """Begin anew under TLS; what was said in the clear is forgotten (RFC 3207 section 4.2)."""
        self._encrypted, self.awaits_tls, self._heard = True, False, b""

    def _answer(self, line: str) -> tuple[str, ...]:
        if self.is_over or self.awaits_tls:
            return ()
        self.commands.append(line)
        if self.host.behaviour is Behaviour.MUTE:
            return ()
        verb = line.partition(" ")[0].upper()
        if verb == "QUIT":
            self.is_over = True
            return (f"221 {self.host.name} closes",)
        if not mail_words.serves(self.host):
            return ("503 Only QUIT is answered here",)
        return self._serve(verb)

    def _serve(self, verb: str) -> tuple[str, ...]:
        match verb:
            case "EHLO":
                words = mail_words.keywords(self.host, encrypted=self._encrypted)
                return mail_words.reply(250, words)
            case "HELO" | "NOOP" | "RSET":
                return (f"250 {self.host.name}",)
            case "STARTTLS":
                return (self._starttls(),)
            case _:
                return ("502 this server takes no mail",)

    def _starttls(self) -> str:
        if not self.host.starttls or self._encrypted:
            return "503 TLS is not to be had now"
        if self.host.starttls_refused:
            return "454 4.7.0 TLS not available due to temporary reason"
        self.awaits_tls = True
        return "220 go ahead"
