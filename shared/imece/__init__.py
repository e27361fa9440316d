"""The floor of imece: what every service stands on. Services import it; it never imports a service."""
