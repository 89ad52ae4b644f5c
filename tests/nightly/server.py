"""A real mail server for the tests: says its port in the first line and keeps what it takes as files."""
import asyncio
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

mode, folder, certificate, key = sys.argv[1:5]
count = 0


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if mode == "slow":
            await asyncio.sleep(0.2)
        if address.startswith("gone"):
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        global count
        if mode == "slow":
            await asyncio.sleep(0.4)
        if mode == "dies":
            os._exit(1)
        count += 1
        with open(os.path.join(folder, f"{count}.eml"), "wb") as file:
            file.write(envelope.content)
        with open(os.path.join(folder, f"{count}.to"), "w") as file:
            file.write(" ".join(envelope.rcpt_tos))
        if mode == "forgets":
            os._exit(1)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"blogscan", b"se cret")
    return AuthResult(success=is_right, handled=False)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
options = {}
if mode == "starttls":
    options = {
        "tls_context": context,
        "require_starttls": True,
        "authenticator": authenticate,
        "auth_required": True,
    }
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
factory = lambda: SMTP(Handler(), loop=loop, hostname="localhost", **options)
wrapper = context if mode == "tls" else None
server = loop.run_until_complete(loop.create_server(factory, "127.0.0.1", 0, ssl=wrapper))
print(server.sockets[0].getsockname()[1], flush=True)
loop.run_forever()
