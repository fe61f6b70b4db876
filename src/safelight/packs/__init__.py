"""Example protocol packs and authorities, as TOML: to copy, check and approve, never to rely on."""
