"""Where the faces are of the services that are installed here."""

from imece import service


def installed() -> dict[str, str]:
    """Name to address, `http://127.0.0.1:8310`."""
    found = {}
    for card in service.installed().values():
        if card.face:
            host, port = card.address()
            found[card.name] = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return found
